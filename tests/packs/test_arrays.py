"""HDF5 packs: shapes of several releases, and files made to mislead."""

import h5py
import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.packs import arrays
from pipeline.packs.arrays import ArrayRows

ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "features.hdf5"
    other = tmp_path / "other.hdf5"
    with h5py.File(other, "w") as file:
        file["secret"] = ROWS
    (tmp_path / "secret.bin").write_bytes(ROWS.tobytes())
    with h5py.File(path, "w") as file:
        file["plain"], file["batched"], file["vector"], file["half"] = ROWS, ROWS[None], ROWS[0], ROWS.astype("f2")
        file["empty"], file["cube"], file["scalar"] = ROWS[:0], np.stack([ROWS, ROWS]), 3.0
        file["text"], file["null"] = "words", h5py.Empty("f4")
        file.create_group("group")
        file["soft"], file["external"] = h5py.SoftLink("/plain"), h5py.ExternalLink("other.hdf5", "/secret")
        file.create_dataset("outside", (3, 4), "f4", external=[("secret.bin", 0, 48)])
        source = h5py.VirtualSource("other.hdf5", "secret", (3, 4))
        layout = h5py.VirtualLayout((3, 4), "f4")
        layout[:] = source
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("vast", (1 << 40, 4), "f4", chunks=(1024, 4))
    return path


@pytest.mark.parametrize(
    ("id", "rows"), [("plain", ROWS), ("batched", ROWS), ("vector", ROWS[:1]), ("half", ROWS.astype("f2"))]
)
def test_shapes_of_several_releases(path, id, rows):
    with ArrayRows(path) as source:
        assert source[id].dtype == rows.dtype and np.array_equal(source[id], rows) and source[id].shape == rows.shape


@pytest.mark.parametrize(
    "id",
    ["empty", "cube", "scalar", "text", "null", "group", "soft", "external", "outside", "virtual", "vast"],
)
def test_what_is_no_plain_array_of_rows_is_refused(path, id):
    with ArrayRows(path) as source:
        assert id in source
        with pytest.raises(BadRecord):
            source[id]


def test_a_large_array_is_refused_before_it_is_read(path, monkeypatch):
    monkeypatch.setattr(arrays, "MOST_BYTES", 47)
    with ArrayRows(path) as source, pytest.raises(BadRecord, match="more than the 47 bytes"):
        source["plain"]


def test_a_truncated_file_is_an_error(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PipelineError, match="not a readable HDF5 file"):
        ArrayRows(path)
