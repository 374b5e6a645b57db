"""A stream as small as can be: its rows are the frame numbers that the pictures of a clip show."""

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from helpers.numbered import numbers_of

from pipeline.core.content_hash import content_sha256
from pipeline.core.manifest import Video
from pipeline.video import clips
from pipeline.video.params import DecodeParams
from pipeline.video.reader import Timeline


class NumberStream:
    """Rows (T, 3): the numbers of three frames of each clip. `encoded` counts the batches.

    pause: seconds a batch takes, for runs that are to be killed; it is no part of the provenance.
    """

    name = "numbers"
    short_side = 32
    scaling = "bilinear"
    batch = 2
    libraries = ("numpy",)
    decode = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)

    def __init__(self, clip_seconds: float = 0.5, pause: float = 0.0):
        self.clip_seconds, self.pause, self.encoded = clip_seconds, pause, 0
        self.provenance = {"stream": self.name, "clip_seconds": clip_seconds, "weights": "random (seed 0)"}

    def plan(self, timeline: Timeline) -> list[np.ndarray]:
        return [indices[[0, 16, 31]] for indices in clips.full_clip(timeline, self.clip_seconds)]

    def units(self, frames: Iterable[np.ndarray]) -> Iterable[np.ndarray]:
        return frames

    def encode(self, units: torch.Tensor) -> torch.Tensor:
        self.encoded += 1
        time.sleep(self.pause)
        return torch.tensor(numbers_of(units.numpy()), dtype=torch.float32)[:, None]

    def pool(self, rows: np.ndarray, counts: Sequence[int]) -> np.ndarray:
        return rows.reshape(len(counts), 3)


def corpus(paths: Iterable[Path]) -> list[Video]:
    """The manifest records of these files, with their hashes of now ("" for a missing one)."""
    return [
        Video(path.stem, os.fspath(path), content_sha256(path) if path.exists() else "", 2.0, ("train",))
        for path in paths
    ]
