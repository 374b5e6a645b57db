"""Reads what a video's packets say, without decoding: when each frame is shown, and whether packets are damaged.

Both readers go by this timeline and check what they decode against it, so the choice of frames does not depend on the
decoder. These are named as damage: packets that their container flags (torn mp4 and avi samples, gaps in MPEG-TS),
errors that the demuxer reports (holes and lost ends of mkv, webm and mp4), and an avi that holds fewer frames than it
declares. No reader can know of a TS, or a live webm without a declared size, that ends early between two frames, or of
a frame that is gone without a trace from a container without an index; all other frames keep their times.

The first frame is the first key frame: packets before it, in the file or in time, refer to frames that are not there
(in recordings that were cut out of longer ones). Where packets may not be frames (interlaced H.264, packets without a
time or two of one time), all frames are decoded for their times, which takes as long as decoding does.
Test: tests/video/test_survey.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from pipeline.video.avi import frame_chunks
from pipeline.video.containers import open_container
from pipeline.video.decoded_times import decoded_times, may_be_field_coded, spans_of_frames
from pipeline.video.header import LONGEST, picture_of
from pipeline.video.main_stream import time_base
from pipeline.video.other_tracks import OtherTracks
from pipeline.video.picture_end import Picture, picture_end
from pipeline.video.reader import SinceFirst, Timeline, VideoError
from pipeline.video.upright import pixel_aspect

_NO_TIME = int(np.iinfo(np.int64).min)
_PACKET = np.dtype([("pts", np.int64), ("span", np.int64), ("shown", bool), ("corrupt", bool), ("key", bool)])
"""One packet in an array: as Python objects, the packets of hours would be tens of mebibytes."""
_CUT_ANYWHERE = {"mpegts", "mpeg"}
_HARMLESS = "chapter"  # the demuxers' only errors, in our experience, that leave the pictures alone

av.logging.set_skip_repeated(False)  # else a message that was seen in the file before is held back


@dataclass(frozen=True)
class Survey:
    """What the packets of a video say.

    container, codec: FFmpeg's names; width, height: pixels as stored; aspect: a pixel's width over its height; pts:
    (F,) int64, the frames' times in the stream's units; None for an avi, which times frames in the order of coding, so
    that the times are right but it is not known which frame has which.
    """

    container: str
    codec: str
    width: int
    height: int
    aspect: Fraction
    pts: np.ndarray | None
    timeline: Timeline

    def scaled(self, short_side: int | None) -> tuple[int, int]:
        """Return (width, height) of a frame on display whose short side has `short_side` pixels, None for its own.

        The long side is rounded down, and so is a width whose pixels are not square.
        """
        width = self.width * self.aspect
        if short_side is None:
            return max(1, int(width)), self.height
        short = min(width, Fraction(self.height))
        return int(width * short_side / short), int(self.height * short_side / short)


def survey(path: Path | str) -> Survey:
    """Read every packet of the file's main video stream; raises VideoError where it holds none or is damaged."""
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture(local=True) as messages:
            found = _survey(path)
    except FileNotFoundError:
        raise VideoError("the file does not exist", where=path) from None
    except (av.FFmpegError, OSError) as error:
        raise VideoError(f"not a readable video: {error.strerror or error}", where=path) from None
    finally:
        av.logging.set_level(None)
    for _, source, message in messages:
        if source == found.container and _HARMLESS not in message:
            raise VideoError(f"the file is damaged: {message.strip()}", where=path)
    return found


def _survey(path: Path | str) -> Survey:
    with open_container(path) as container:
        stream = picture_of(container, path)
        others = OtherTracks()
        packets = np.fromiter(_packets(container, stream, others), _PACKET)
        if packets["corrupt"].any():
            raise VideoError("the file is damaged: a packet is torn or lost", where=path)
        if container.format.name == "avi" and len(packets) < stream.frames:
            held = frame_chunks(path, stream.index)
            if held < stream.frames:
                raise VideoError(f"the file declares {stream.frames} frames but holds {held}", where=path)
        packets_are_frames = container.format.name == "avi" or not may_be_field_coded(path, stream)
        first = _first_key(container, packets)
        shown = packets["shown"] & ((packets["pts"] >= first) | (packets["pts"] == _NO_TIME))
        pts, spans = _frames(path, packets[shown], packets_are_frames, first)
        timeline = _timeline(path, container, stream, pts, spans, len(packets), others)
        name, codec = container.format.name, stream.codec_context.codec.canonical_name
        size = stream.width, stream.height, pixel_aspect(stream)
        return Survey(name, codec, *size, None if name == "avi" else pts, timeline)


def _packets(
    container: av.container.InputContainer, stream: av.VideoStream, others: OtherTracks
) -> Iterator[tuple[int, int, bool, bool, bool]]:
    """Yield what `_PACKET` holds for every packet of the stream but the empty one that ends it.

    Packets of other streams are counted.
    """
    by_order = container.format.name == "avi"  # only the order of coding is in the file; FFmpeg's pts are guesses
    for packet in container.demux():
        if packet.stream_index != stream.index:
            others.add(packet)
        elif packet.size or packet.pts is not None:
            time = packet.dts if by_order else packet.pts
            pts = _NO_TIME if time is None else time
            shown = packet.size > 0 and not packet.is_discard
            yield pts, packet.duration or 0, shown, packet.is_corrupt, packet.is_keyframe


def _first_key(container: av.container.InputContainer, packets: np.ndarray) -> int:
    """Return the time of the key frame with which the frames begin, `_NO_TIME` where nothing is to be left out.

    Only streams that can be cut anywhere begin within a group of pictures; in other streams a first packet without the
    key flag, or one that the edit list leaves out, does not mean that.
    """
    keys = np.flatnonzero(packets["key"])
    begins = keys[0] if len(keys) and container.format.name in _CUT_ANYWHERE else 0
    sound = len(keys) and keys[0] == begins and packets["shown"][begins] and container.format.name != "avi"
    return int(packets["pts"][begins]) if sound else _NO_TIME


def _frames(path: Path | str, shown: np.ndarray, packets_are_frames: bool, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the times of the frames, sorted, and how long each lasts: (F,) int64 each.

    A frame lasts 0 where nothing says how long.
    """
    pts, spans = shown["pts"], shown["span"]
    untimed = not len(pts) or (pts == _NO_TIME).any()
    if untimed or len(np.unique(pts)) < len(pts) or not packets_are_frames:
        times = decoded_times(path, None if first == _NO_TIME else first)
        return times, spans_of_frames(times, pts, spans)
    order = np.lexsort((spans, pts))
    return pts[order], spans[order]


def _timeline(
    path: Path | str,
    container: av.container.InputContainer,
    stream: av.VideoStream,
    pts: np.ndarray,
    spans: np.ndarray,
    packets: int,
    others: OtherTracks,
) -> Timeline:
    steps, base = np.diff(pts), time_base(stream)
    since_first = (pts - pts[0]) * float(base)
    declared = stream.average_rate or stream.guessed_rate
    steps = steps[steps > 0]
    last_span = int(spans[-1]) or (
        int(np.median(steps)) if len(steps) else int(1 / (base * (declared or Fraction(25))))
    )
    file_first, length = int(pts[0]) * base, float((int(pts[-1] - pts[0]) + last_span) * base)
    picture = Picture(
        first=float(file_first),
        last=float(int(pts[-1]) * base),
        span=float(last_span * base),
        spans=float(int(spans.sum()) * base),
        packets=packets,
        others=float(others.end(container)),
    )
    origin = others.clock_start(container, file_first)
    end = picture_end(container, stream, picture) - float(origin)
    if end > LONGEST:
        raise VideoError(f"the frame times reach {end / 3600:.0f} hours", where=path)
    header_seconds = None if stream.duration is None else float(stream.duration * base)
    return Timeline(
        starts=(since_first + float(file_first - origin)).astype(np.float32),
        end=round(end, 6),
        average_fps=float(declared) if declared else len(pts) / length,
        since_first=SinceFirst(since_first.astype(np.float32), float(np.float32(length)), header_seconds),
    )
