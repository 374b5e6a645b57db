"""Packs in HDF5 are read by a process of its own: what makes it hang or crash is one error, and ends with the test."""

import signal

import h5py
import numpy as np
import pytest
from helpers.tiny import gone

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.packs import isolated
from pipeline.packs.rows import open_rows, read_rows

ROWS = np.arange(12, dtype=np.float16).reshape(3, 4)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "features.hdf5"
    with h5py.File(path, "w") as file:
        file["a"], file["caf\u00e9"], file["text"] = ROWS, ROWS[:1], "words"
    return path


def test_rows_are_those_of_the_file(path):
    with open_rows(path) as source:
        assert np.array_equal(source["a"], ROWS) and source["a"].dtype == ROWS.dtype
        assert np.array_equal(read_rows(source, "caf\u00e9")[0], ROWS[:1])
        assert "b" not in source and source.facts == {"ids_in_file": 3} and source.files == [path]
        with pytest.raises(BadRecord, match="not a data set of numbers"):
            source["text"]
        assert np.array_equal(source["a"], ROWS)  # one that is refused ends nothing


def test_what_is_no_hdf5_is_one_error(tmp_path):
    (tmp_path / "a.hdf5").write_text("no")
    with pytest.raises(PipelineError, match="not a readable HDF5 file"):
        open_rows(tmp_path / "a.hdf5")


@pytest.mark.parametrize(
    ("number", "cause"), [(signal.SIGSTOP, "hangs for 1 s"), (signal.SIGSEGV, "crashes"), (signal.SIGKILL, "crashes")]
)
def test_a_library_that_hangs_or_crashes_is_one_error(path, monkeypatch, number, cause):
    with open_rows(path) as source:
        monkeypatch.setattr(isolated, "SECONDS", 1)
        source._process.send_signal(number)
        with pytest.raises(PipelineError, match=f"{cause} over this file") as caught:
            source["a"]
        assert caught.value.where == path and "fetch it again" in caught.value.fix
    assert gone(source._process.pid)


def test_the_process_ends_with_its_block(path):
    with open_rows(path) as source:
        pid = source._process.pid
    assert gone(pid)
