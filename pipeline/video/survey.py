"""What a video's packets say, read without decoding a frame: when each frame is shown, and whether packets are damaged.

Both readers go by this timeline and check what they decode against it, so the frames that are chosen do not depend on
the decoder. Named here as damage: packets that their container flags (torn mp4 and avi samples, gaps in MPEG-TS),
errors that the demuxer reports (holes and lost ends of mkv, webm and mp4), and an avi that holds fewer frames than it
declares. Nothing shows, and no reader can know of, a TS or a live webm without a declared size that ends early between
two frames, or a frame gone without a trace from a container without an index; all other frames keep their times.
Test: tests/video/test_survey.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from pipeline.video.main_stream import main_stream
from pipeline.video.reader import Timeline, VideoError

_LONGEST = 24 * 3600
_WIDEST = 32
_NO_TIME = np.iinfo(np.int64).min
_PACKET = np.dtype([("pts", np.int64), ("span", np.int64), ("shown", bool), ("corrupt", bool)])
"""Of an array, since hours of packets as Python objects are tens of mebibytes."""
_HARMLESS = "chapter"  # the demuxers' only errors, in our experience, that leave the pictures alone

av.logging.set_skip_repeated(False)  # else a message that was seen in the file before is held back


@dataclass(frozen=True)
class Survey:
    """container, codec: FFmpeg's names; width, height: pixels as stored.

    pts: (F,) int64, the times in the stream's units, None for an avi: it times frames in the order of coding, so that
    the times are right, but not which frame has which.
    """

    container: str
    codec: str
    width: int
    height: int
    pts: np.ndarray | None
    timeline: Timeline

    def scaled(self, short_side: int) -> tuple[int, int]:
        """(width, height) with a short side of `short_side` pixels, the long one truncated."""
        short = min(self.width, self.height)
        return self.width * short_side // short, self.height * short_side // short


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
    with av.open(str(path), metadata_errors="replace") as container:
        stream = main_stream(container)
        if stream is None or stream.codec_context is None:
            raise VideoError("the file holds no video stream of a known codec", where=path)
        packets = np.fromiter(_packets(container, stream), _PACKET)
        width, height = stream.width, stream.height
        if not width or not height:
            raise VideoError("the header gives the picture no size", where=path)
        if max(width, height) > _WIDEST * min(width, height):
            raise VideoError(f"the picture ({width} x {height}) is more than {_WIDEST} to 1", where=path)
        if packets["corrupt"].any():
            raise VideoError("the file is damaged: a packet is torn or lost", where=path)
        if container.format.name == "avi" and len(packets) < stream.frames:
            raise VideoError(f"the file declares {stream.frames} frames but holds {len(packets)}", where=path)
        shown = packets[packets["shown"]]
        if not len(shown) or (shown["pts"] == _NO_TIME).any():
            raise VideoError("the file holds no frames, or frames without a time", where=path)
        shown = shown[np.lexsort((shown["span"], shown["pts"]))]
        pts = shown["pts"].copy()
        timeline = _timeline(path, stream, pts, int(shown["span"][-1]))
        name, codec = container.format.name, stream.codec_context.codec.canonical_name
        return Survey(name, codec, width, height, None if name == "avi" else pts, timeline)


def _packets(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[tuple[int, int, bool, bool]]:
    """What `_PACKET` holds, of all packets but the empty one that ends a stream."""
    for packet in container.demux(stream):
        if packet.size or packet.pts is not None:
            pts = _NO_TIME if packet.pts is None else packet.pts
            yield pts, packet.duration or 0, packet.size > 0 and not packet.is_discard, packet.is_corrupt


def _timeline(path: Path | str, stream: av.VideoStream, pts: np.ndarray, last_span: int) -> Timeline:
    steps, base = np.diff(pts), stream.time_base
    starts = ((pts - pts[0]) * float(base)).astype(np.float32)
    if (np.diff(starts) <= 0).any():
        raise VideoError("two frames have the same time", where=path)
    if starts[-1] > _LONGEST:
        raise VideoError(f"the frame times reach {starts[-1] / 3600:.0f} hours", where=path)
    declared = stream.average_rate or stream.guessed_rate
    last_span = last_span or (int(np.median(steps)) if len(steps) else int(1 / (base * (declared or Fraction(25)))))
    end = float(np.float32(float((int(pts[-1] - pts[0]) + last_span) * base)))
    header_seconds = None if stream.duration is None else float(stream.duration * base)
    return Timeline(starts, end, float(declared) if declared else len(pts) / end, header_seconds)
