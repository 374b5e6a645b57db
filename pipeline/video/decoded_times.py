"""Finds the times of a video's frames by decoding all of them: slow, but right where packets are not frames.

In field-coded H.264 (camcorders, AVCHD) a packet is a field, and a frame is two packets. A packet that has no time, or
the time of another packet, may be half a frame, a frame that is never shown, or a frame of its own (browser
recordings). Tests: tests/video/test_survey.py, tests/video/test_clock_of_files.py.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from pipeline.core import runtime
from pipeline.video.containers import open_container
from pipeline.video.main_stream import surveyed_stream
from pipeline.video.reader import VideoError

_UNKNOWN, _PROGRESSIVE = 0, 1


def may_be_field_coded(path: Path | str, stream: av.VideoStream) -> bool:
    """Return whether packets of H.264 may be fields, because the video is interlaced.

    The header says that, or, where the header is silent, the first frame.
    """
    order = stream.codec_context.field_order
    if stream.codec_context.codec.canonical_name != "h264" or order == _PROGRESSIVE:
        return False
    if order != _UNKNOWN:
        return True
    with open_container(path) as container:
        frame = next(container.decode(surveyed_stream(container)), None)
        return frame is not None and frame.interlaced_frame


def decoded_frames(container: InputContainer, stream: av.VideoStream, first: int | None) -> Iterator[av.VideoFrame]:
    """Yield the frames in the order of display, without the packets that belong before `first`, in the stream's units.

    A recording that was cut out of a longer one begins with such packets; they refer to frames that are not there.
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
    """Return (F,) int64, never falling: the times of the frames from `first` on, in the stream's units.

    Frames without a time, as where one packet of a transport stream holds several frames, are spread between their
    neighbours. Raises VideoError where a frame is damaged, times run backwards, or almost no frame has a time.
    """
    with open_container(path) as container:
        stream = surveyed_stream(container)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = runtime.decode_threads()
        stream.codec_context.options = {"err_detect": "explode", "skip_loop_filter": "all"}  # only times are looked at
        times: list[int | None] = []
        try:
            for frame in decoded_frames(container, stream, first):
                if frame.is_corrupt:
                    raise VideoError(f"frame {len(times)} is damaged", where=path)
                times.append(frame.pts)
        except av.FFmpegError as error:
            raise VideoError(f"frame {len(times)} cannot be decoded: {error.strerror}", where=path) from None
    if not times:
        raise VideoError("the file holds no frames", where=path)
    known = [position for position, time in enumerate(times) if time is not None]
    if not known or len(known) < min(2, len(times)):
        fix = "put the stream into a container that keeps times, such as mp4"
        raise VideoError("its frames have no times", where=path, fix=fix)
    filled = _filled(len(times), known, [time for time in times if time is not None])
    if (np.diff(filled) < 0).any():
        raise VideoError("its times run backwards, as where recordings were joined", where=path)
    return filled


def _filled(count: int, known: list[int], times: list[int]) -> np.ndarray:
    """Return (count,) int64: `times` for the frames `known`, for the others even steps between and around them."""
    step = (times[-1] - times[0]) / max(known[-1] - known[0], 1)
    before, behind = times[0] - (known[0] + 1) * step, times[-1] + (count - known[-1]) * step
    filled = np.interp(np.arange(count), [-1, *known, count], [before, *times, behind])
    return np.round(filled).astype(np.int64)


def spans_of_frames(times: np.ndarray, packet_times: np.ndarray, packet_spans: np.ndarray) -> np.ndarray:
    """Return (F,): how long each frame lasts, in the stream's units, 0 where no packet has the frame's time.

    A frame lasts as long as its packet and the packets after it, in the order of the file, that begin no frame.
    """
    starts = np.flatnonzero(np.isin(packet_times, times))
    if not len(starts):
        return np.zeros(len(times), np.int64)
    order = np.argsort(packet_times[starts], kind="stable")
    begun, sums = packet_times[starts][order], np.add.reduceat(packet_spans, starts)[order]
    packet = np.searchsorted(begun, times).clip(max=len(begun) - 1)
    return np.where(begun[packet] == times, sums[packet], 0)
