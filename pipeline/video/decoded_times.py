"""The times of a video's frames by decoding all of them: slow, and right where packets are not frames.

In field-coded H.264 (camcorders, AVCHD) a packet is a field, and a frame is two of them. A packet without a time or
with that of another one may be half a frame, a frame that is never shown, or a frame of its own (browser recordings).
Tests: tests/video/test_survey.py, tests/video/test_clock_of_files.py.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from pipeline import runtime
from pipeline.video.main_stream import main_stream
from pipeline.video.reader import VideoError

_PROGRESSIVE = 1


def may_be_field_coded(path: Path | str, stream: av.VideoStream) -> bool:
    """Whether packets of H.264 may be fields: the header says that it is interlaced, or nothing and a frame says so."""
    if stream.codec_context.codec.canonical_name != "h264" or stream.codec_context.field_order == _PROGRESSIVE:
        return False
    with av.open(str(path), metadata_errors="replace") as container:
        frame = next(container.decode(main_stream(container)), None)
        return frame is not None and frame.interlaced_frame


def decoded_frames(container: InputContainer, stream: av.VideoStream, first: int | None) -> Iterator[av.VideoFrame]:
    """The frames in the order of display, without the packets that belong before `first`, in the stream's units.

    A recording that was cut out of a longer one begins with some, which refer to pictures that are not there.
    """
    skipped = first is not None
    for packet in container.demux(stream):
        if first is not None and packet.size and not packet.is_discard:
            if packet.pts is not None:
                skipped = packet.pts < first
            if skipped:
                continue
        yield from packet.decode()


def decoded_times(path: Path | str, first: int | None) -> np.ndarray:
    """(F,) int64, the times of the frames from `first` on, in the stream's units.

    Raises VideoError where one is damaged or has no time.
    """
    with av.open(str(path), metadata_errors="replace") as container:
        stream = main_stream(container)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = runtime.decode_threads()
        stream.codec_context.options = {"err_detect": "explode", "skip_loop_filter": "all"}  # no picture is looked at
        times = []
        try:
            for frame in decoded_frames(container, stream, first):
                if frame.is_corrupt:
                    raise VideoError(f"frame {len(times)} is damaged", where=path)
                if frame.pts is None:
                    fix = "put the stream into a container that keeps times, such as mp4"
                    raise VideoError("its frames have no times", where=path, fix=fix)
                times.append(frame.pts)
        except av.FFmpegError as error:
            raise VideoError(f"frame {len(times)} cannot be decoded: {error.strerror}", where=path) from None
    return np.sort(np.array(times, np.int64))


def spans_of_frames(times: np.ndarray, packet_times: np.ndarray, packet_spans: np.ndarray) -> np.ndarray:
    """(F,) how long each frame lasts: its packet and those after it, in the order of the file, that begin no frame."""
    begins = np.isin(packet_times, times)
    if not begins.any():
        return np.zeros(len(times), np.int64)
    starts = np.flatnonzero(begins)
    order = np.argsort(packet_times[starts], kind="stable")
    sums = np.add.reduceat(packet_spans, starts)[order]
    return sums[np.searchsorted(packet_times[starts][order], times)]
