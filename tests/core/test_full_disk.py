"""Where the disk is full, whoever writes raises one error that names the file, and leaves nothing half written."""

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.core.files import write_json, write_jsonl
from pipeline.corpus import kept
from pipeline.corpus.arrays import ArrayWriter
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.feature_io.store import Entry, Store
from pipeline.models.common import checkpoint
from pipeline.retrieval import safetensors_file
from pipeline.training.resume import save_state

ROOM = 1 << 18
ROWS, WEIGHTS = np.zeros((3000, 100), np.float16), torch.zeros(1 << 18)
MODEL = SimpleNamespace(state_dict=lambda: {"weights": WEIGHTS})


def write_split(folder: Path) -> None:
    def write(temporary: Path) -> None:
        with ArrayWriter(temporary / "clips.npy", ROWS.shape, ROWS.dtype) as array:
            array.write((0,), torch.from_numpy(ROWS))

    entry = kept.Entry("a split")
    entry.folder = folder / "split"
    entry.write("a split", 1, write)


WRITERS: dict[str, Callable[[Path], object]] = {
    "features.h5": lambda folder: write_features(
        folder / "features.h5", [Item("a", ROWS, {}), Item("b", ROWS, {})], {}
    ),
    "lines.jsonl": lambda folder: write_jsonl(folder / "lines.jsonl", ({"text": "x" * 1000} for _ in range(1000))),
    "text.json": lambda folder: write_json(folder / "text.json", ["x" * 1000] * 1000),
    "state.pt": lambda folder: save_state(folder / "state.pt", {"weights": WEIGHTS}),
    "index.safetensors": lambda folder: safetensors_file.write(folder / "index.safetensors", {"rows": WEIGHTS}, {}),
    "model.safetensors": lambda folder: checkpoint.save(folder, MODEL, {}),
    "store": lambda folder: Store(folder, "store").put("k" * 64, Entry({"rows": ROWS}, {})),
    "split": write_split,
}


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of `ROOM` bytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@contextmanager
def files_that_may_not_grow() -> Iterator[None]:
    """Give this process no file of more than `ROOM` bytes, as a quota would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def refused(name: str, folder: Path) -> None:
    with pytest.raises(PipelineError, match="no room to write") as caught:
        WRITERS[name](folder)
    assert str(folder / name) in str(caught.value.where) and caught.value.fix
    assert not [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk(small_disk, name):
    refused(name, small_disk)


@pytest.mark.parametrize("name", WRITERS)
def test_a_quota(tmp_path, name):
    with files_that_may_not_grow():
        refused(name, tmp_path)


@pytest.mark.parametrize("name", ["features.h5", "lines.jsonl", "text.json", "state.pt", "model.safetensors"])
def test_what_was_there_before_stays(small_disk, name):
    (small_disk / name).write_text("before")
    with pytest.raises(PipelineError, match="no room to write"):
        WRITERS[name](small_disk)
    assert (small_disk / name).read_text() == "before" and len(list(small_disk.iterdir())) == 1
