"""Arrays written piece by piece, mapped and not read; what is not as it was written counts as missing."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.corpus.arrays import HASHED_BYTES, SUMMARY, ArrayWriter, finish, open_arrays


@pytest.fixture
def folder(tmp_path):
    with ArrayWriter(tmp_path / "rows.npy", (4, 3, 2), np.float32) as rows:
        rows.write((2, 1), torch.arange(4.0).view(2, 2))
        rows.write((0,), torch.ones(1, 3, 2))
    with ArrayWriter(tmp_path / "none.npy", (5, 0), np.float32):
        pass
    with ArrayWriter(tmp_path / "large.npy", (HASHED_BYTES,), np.int64) as large:
        large.write((0,), torch.arange(HASHED_BYTES))
    finish(tmp_path)
    return tmp_path


def test_what_was_written_lies_in_its_place_and_all_else_is_zero(folder):
    tensors = open_arrays(folder)
    expected = torch.zeros(4, 3, 2)
    expected[0], expected[2, 1:] = 1.0, torch.arange(4.0).view(2, 2)
    assert torch.equal(tensors["rows"], expected) and tensors["rows"].is_contiguous()
    assert tensors["none"].shape == (5, 0)
    assert torch.equal(tensors["large"], torch.arange(HASHED_BYTES))


def test_an_array_begins_where_memory_of_torch_would(folder):
    assert all(tensor.data_ptr() % 64 == 0 for tensor in open_arrays(folder).values() if tensor.numel())


def test_nothing_is_read_before_it_is_used(folder):
    tensors = open_arrays(folder)  # held, so that it stays mapped
    mapped = Path("/proc/self/smaps").read_text().split(f"{folder}/large.npy\n")[1].split("VmFlags")[0]
    assert tensors and int(mapped.split("Rss:")[1].split()[0]) == 0


def in_a_process_of_its_own(folder, code: str) -> int:
    """The exit status of what is done to `tensors`, warnings being errors; torch warns once a process."""
    program = (
        "import warnings; from pathlib import Path; from pipeline.corpus.arrays import open_arrays; "
        f"warnings.simplefilter('error'); tensors = open_arrays(Path({str(folder)!r})); {code}"
    )
    return subprocess.run([sys.executable, "-c", program], stderr=subprocess.DEVNULL).returncode


def test_opening_does_not_warn(folder):
    assert in_a_process_of_its_own(folder, "assert tensors['rows'][0].all()") == 0


@pytest.mark.parametrize("values", [torch.zeros(1, 3), torch.zeros(1, 3, 2).double(), torch.zeros(2, 3, 1)])
def test_what_does_not_fit_is_refused(tmp_path, values):
    with ArrayWriter(tmp_path / "rows.npy", (4, 3, 2), np.float32) as rows, pytest.raises(ValueError, match="fit"):
        rows.write((0,), values)


def _cut(folder):
    with open(folder / "large.npy", "rb+") as file:
        file.truncate(HASHED_BYTES)


def _change_a_small_array(folder):
    with open(folder / "rows.npy", "rb+") as file:
        file.seek(-1, 2)
        file.write(b"\x01")


def _change_a_header(folder):
    with open(folder / "large.npy", "rb+") as file:
        file.write(b"\x00")


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        _change_a_small_array,
        _change_a_header,
        lambda folder: (folder / "none.npy").unlink(),
        lambda folder: (folder / SUMMARY).unlink(),
        lambda folder: (folder / SUMMARY).write_text("{"),
    ],
)
def test_a_damaged_folder_counts_as_missing(folder, damage):
    damage(folder)
    assert open_arrays(folder) is None


def test_writing_to_a_tensor_ends_the_process_and_changes_no_file(folder):
    before = (folder / "rows.npy").read_bytes()
    assert in_a_process_of_its_own(folder, "tensors['rows'].add_(1)") == -signal.SIGSEGV
    assert (folder / "rows.npy").read_bytes() == before
