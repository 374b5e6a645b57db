"""What every decoder offers: first the times of all frames, then the wanted frames in one pass from the start.

Jumping to a frame returns wrong frames without saying so (open GOPs, wmv2) or hangs (MPEG-TS), so the protocol does not
offer it. A reader decodes from the first frame on, and its caller chooses frames by time (`pipeline.video.clips`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from pipeline.core.errors import PipelineError

Scaling = Literal["bilinear", "bicubic"]


class VideoError(PipelineError):
    """The video cannot be read; extraction names it in the ledger and goes on."""


class DecoderStopped(VideoError):
    """The process that read the video hung or crashed, which it may not do another time."""


class DecoderKilled(DecoderStopped):
    """Something else ended the process that read the video, which says nothing of the video or of the decoder."""


class TooLarge(VideoError):
    """The video might take decord more memory than it may have; decord can be asked to read it in parts."""


@dataclass(frozen=True)
class Request:
    """What is asked of a decoder.

    short_side: pixels of the frames' short side, None for their own size; scaling: how frames are scaled to it;
    threads: how many the decoder may use; ahead_bytes: what decord may hold; in_parts: no other decoder could read the
    video, so decord reads it even if it exceeds that, in parts of which each is decoded from the video's start.
    """

    path: Path | str
    short_side: int | None
    scaling: Scaling
    threads: int
    ahead_bytes: int
    in_parts: bool


@dataclass(frozen=True)
class SinceFirst:
    """A video's times as the tool behind the published features counts them: from the first frame.

    starts: (F,) float32, never falling, from 0; end: the last frame's start plus its own length, whatever else the
    file says of its end; header_seconds: the stream's duration as its header declares it, None where it does
    not (mkv and webm).
    """

    starts: np.ndarray
    end: float
    header_seconds: float | None


@dataclass(frozen=True)
class Timeline:
    """When the frames of a video are on display, in seconds as a player shows them.

    The clock starts with the file, that is, with the earliest of its streams of picture and sound, whatever that
    stream's time stamp is. Sound starts where it is first heard: what an encoder puts before it (priming) does not
    count.

    starts: (F,) float32, never falling, the first above 0 where the sound starts earlier; end: where the last frame's
    display ends; average_fps: frames a second as the container declares; since_first: the times for `published`
    sampling.
    """

    starts: np.ndarray
    end: float
    average_fps: float
    since_first: SinceFirst


class FrameSource(Protocol):
    """An open video whose frames can be asked for."""

    timeline: Timeline

    def frames(self, wanted: Iterable[int]) -> Iterator[np.ndarray]:
        """Yield the frames (H, W, 3) uint8 RGB of the wanted indices, which must not fall and may repeat.

        A reader makes at most one such pass. Raises VideoError where a frame cannot be decoded or the file ends before
        it.
        """
        ...


class Reader(FrameSource, Protocol):
    """An open video that its owner must close. libavcodec: the version of the library that decodes it."""

    libavcodec: str

    def close(self) -> None:
        """Free the decoder."""
        ...
