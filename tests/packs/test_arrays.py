"""HDF5 packs: shapes of several releases, and files made to mislead."""

import random
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.packs import arrays
from pipeline.packs.arrays import ArrayRows

ROOT = Path(__file__).resolve().parents[2]
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


def test_an_id_that_cannot_be_a_name_is_not_in_the_file(path):
    with ArrayRows(path) as source:
        for id in ("nul\0byte", "\ud800", "", "x" * 70_000):
            with pytest.raises(BadRecord):
                if id in source:
                    source[id]
                raise BadRecord("absent")


def test_chunks_that_are_large_or_countless_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "chunks.hdf5"
    with h5py.File(path, "w") as file:
        unbounded = {"dtype": "f4", "maxshape": (None, 4), "compression": "gzip"}
        file.create_dataset("vast chunk", (3, 4), chunks=(1 << 26, 4), **unbounded)
        file.create_dataset("countless", (1 << 22, 4), chunks=(1, 1), **unbounded)
        file.create_dataset("more than can be counted", (1 << 62, 4), chunks=(1024, 4), **unbounded)
    with ArrayRows(path) as source:
        causes = {"vast chunk": "chunks of shape", "countless": "1,048,576 chunks", "more than can be counted": "shape"}
        for id, cause in causes.items():
            with pytest.raises(BadRecord, match=cause):
                source[id]


READS = """
import sys
from pathlib import Path
from pipeline.packs import arrays
from pipeline.core.ids import BadRecord
arrays._WORKING_BYTES = 64 << 20
with arrays.ArrayRows(Path(sys.argv[1])) as source:
    try:
        source["bomb"]
    except BadRecord:
        print("refused", source["sound"].tolist())
"""
"""A process of its own: one that ran other tests has memory to give without growing."""


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels hold no process to a bound")
def test_a_chunk_that_unpacks_to_more_than_it_may_is_refused(tmp_path):
    packer = zlib.compressobj()
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(400)) + packer.flush()
    path = tmp_path / "bomb.hdf5"
    with h5py.File(path, "w") as file:
        file["sound"] = ROWS
        bomb = file.create_dataset("bomb", (256, 4), "f4", chunks=(256, 4), compression="gzip")
        bomb.id.write_direct_chunk((0, 0), packed)
    done = subprocess.run([sys.executable, "-c", READS, path], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == f"refused {ROWS.tolist()}", done.stderr


def test_a_damaged_file_is_an_error_of_the_file_or_of_an_id(path, tmp_path):
    whole, draw, damaged, refused = path.read_bytes(), random.Random(0), tmp_path / "damaged.hdf5", 0
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(draw.choice([1, 2, 8])):
            at = draw.randrange(len(content))
            content[at : at + 4] = draw.choice([bytes(4), b"\xff" * 4, draw.randbytes(4)])
        damaged.write_bytes(content)
        try:
            with ArrayRows(damaged) as source:
                for id in ("plain", "batched", "half", "vast", "caf\u00e9"):
                    try:
                        assert id not in source or source[id].ndim == 2
                    except BadRecord:
                        refused += 1
        except PipelineError as error:
            assert error.where == damaged
        damaged.unlink()
    assert refused > 400
