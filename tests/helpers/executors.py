"""What the tests of all executors share: films, two workers, and what this process makes of the same films."""

from pathlib import Path

import pytest
from helpers.numbered import numbered_frames
from helpers.videos import write_video

from pipeline.core.manifest import Video
from pipeline.extraction.run import run
from pipeline.extraction.stream import Stream


def write_films(folder: Path, count: int) -> list[Path]:
    """Videos of 2, 3, ... clips of half a second."""
    return [write_video(folder / f"film{k}.mp4", numbered_frames(12 + 6 * k), 12) for k in range(count)]


def two_workers(executor: str, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the CPU extract with two workers of this executor."""
    monkeypatch.setenv("AMDNET_STORE", str(store))
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")
    monkeypatch.setenv("AMDNET_EXECUTOR", executor)
    monkeypatch.setenv("AMDNET_WORKERS", "2")


def extract_inline(stream: Stream, videos: list[Video], folder: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The bytes of the feature file that the executor `inline` makes of the videos, with a store of its own."""
    with monkeypatch.context() as patch:
        patch.setenv("AMDNET_EXECUTOR", "inline")
        patch.setenv("AMDNET_STORE", str(folder / "store"))
        run(stream, videos, folder, 1.0)
    return (folder / f"{stream.name}.h5").read_bytes()
