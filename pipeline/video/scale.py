"""Scales decoded frames to small RGB pictures, to the bit as decord does, so that both decoders give the same features.

decord scales with FFmpeg 4.1's `scale` filter: bilinearly, by the frame's colour matrix and range, with both fields of
an interlaced frame as one picture, and with each chroma sample in the middle of the pixels that it colours. Today's
libswscale also goes by what a frame says of its fields and of where its chroma lies, which changes pixels by up to
several levels; so it is given the bare planes. Neither converts primaries and transfer curves (HDR).
Test: tests/video/test_same_pictures.py.
"""

from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation, VideoReformatter

from pipeline.video.reader import Scaling, VideoError

_MATRICES = {0, 1, 2, 4, 5, 6, 7, 9}
"""FFmpeg's numbers of the colour matrices that libswscale knows; 2 is `unspecified` and taken for BT.601."""
_TAKEN_FOR = {3: 2, 10: 9}
"""`reserved` is taken for `unspecified`, and BT.2020's constant luminance for its other matrix, which is close."""


class Scaler:
    """Scales the frames of one video to size = (width, height).

    Called with a frame it returns (height, width, 3) uint8 RGB. Raises VideoError, naming `path`, where the frame's
    pixels or colours cannot be converted. To set a scaler up costs more than to scale a frame, so a video has one.
    """

    def __init__(self, path: Path | str, size: tuple[int, int], scaling: Scaling):
        self._path, self._size = path, size
        self._interpolation = Interpolation[scaling.upper()]
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        require_known_colours(frame, self._path)
        try:
            scaled = self._reformatter.reformat(
                _bare(frame), *self._size, "rgb24", interpolation=self._interpolation, threads=1
            )
        except (av.FFmpegError, ValueError, NotImplementedError) as error:
            cause = f"its pictures ({frame.format.name}) cannot be converted: {error}"
            raise VideoError(cause, where=self._path) from None
        return scaled.to_ndarray()


def require_known_colours(frame: av.VideoFrame, path: Path | str) -> None:
    """Raise VideoError where libswscale does not know the frame's colour matrix, as with YCgCo."""
    if _TAKEN_FOR.get(frame.colorspace, frame.colorspace) not in _MATRICES:
        raise VideoError(
            f"its colours are in matrix {int(frame.colorspace)}, which cannot be converted",
            where=path,
            fix="convert it to a common one, for example with `ffmpeg -i IN -vf zscale=matrix=709 OUT`",
        )


def _bare(frame: av.VideoFrame) -> av.VideoFrame:
    """Return the frame's planes with its colour matrix and range, and without anything else that it says of itself.

    Two kinds of frames stay as they are, because their planes cannot be copied row by row: those with a palette, which
    has no rows, and those whose rows are stored from the bottom up. They are RGB and have no chroma.
    """
    if any(plane.line_size <= 0 for plane in frame.planes):
        return frame
    bare = av.VideoFrame(frame.width, frame.height, frame.format.name)
    for source, target in zip(frame.planes, bare.planes, strict=True):
        rows, kept = (_rows(plane) for plane in (source, target))
        shared = min(rows.shape[1], kept.shape[1])
        kept[:, :shared] = rows[:, :shared]
    bare.colorspace = _TAKEN_FOR.get(frame.colorspace, frame.colorspace)
    bare.color_range = frame.color_range
    return bare


def _rows(plane: VideoPlane) -> np.ndarray:
    """Return the plane as (height, bytes in a row with its padding)."""
    buffer: Any = plane  # which PyAV's types do not say
    return np.frombuffer(buffer, np.uint8).reshape(-1, plane.line_size)
