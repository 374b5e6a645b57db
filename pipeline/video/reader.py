"""What every decoder offers: the times of all frames first, then the wanted frames in one pass from the start.

Sparse reads return wrong frames without saying so (open GOPs, wmv2) or hang (MPEG-TS), so the protocol has none: a
reader decodes from the first frame on, and its caller chooses frames by time (`pipeline.video.clips`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.errors import PipelineError


class VideoError(PipelineError):
    """A video that cannot be read; extraction names it in the ledger and goes on."""


@dataclass(frozen=True)
class Timeline:
    """When the frames of a video are on display, in seconds from its first frame.

    starts: (F,) float32, strictly increasing from 0; end: where the last frame's display ends; average_fps: frames
    a second as the container declares; header_seconds: the stream's duration as its header declares, None where absent
    (mkv and webm).
    """

    starts: np.ndarray
    end: float
    average_fps: float
    header_seconds: float | None


class Reader(Protocol):
    """An open video."""

    timeline: Timeline

    def frames(self, wanted: Iterable[int]) -> Iterator[np.ndarray]:
        """Yield the frames (H, W, 3) uint8 RGB of the wanted indices, which must not fall and may repeat.

        At most one pass a reader. Raises VideoError where a frame cannot be decoded or the file ends before it.
        """
        ...

    def close(self) -> None:
        """Free the decoder."""
        ...
