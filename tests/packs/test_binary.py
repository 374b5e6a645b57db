"""feature.bin: exact rows wherever they lie, sizes that must agree, the memory of one video."""

import tracemalloc

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.packs import binary
from pipeline.packs.binary import BinaryRows


def test_the_rows_are_exact_and_in_order(make_pack):
    made = make_pack("binary")
    with BinaryRows(made.binary) as rows:
        for video_id, values in made.videos.items():
            assert rows[video_id].dtype == np.float32 and np.array_equal(rows[video_id], values)
        assert rows.facts["rows_in_file"] == 25 and rows.facts["rows_not_listed"] == 0
        assert [path.name for path in rows.files] == ["feature.bin", "id.txt", "shape.txt", "video2frames.txt"]


def test_shape_and_lists_may_be_missing(make_pack):
    made = make_pack("binary")
    (made.binary / "shape.txt").unlink()
    (made.binary / "video2frames.txt").unlink()
    with BinaryRows(made.binary) as rows:
        assert all(np.array_equal(rows[video_id], values) for video_id, values in made.videos.items())


@pytest.mark.parametrize(
    ("file", "content", "where"),
    [
        ("feature.bin", b"\0" * 599, "feature.bin: 599 bytes are not 25 rows of 6 float32"),
        ("feature.bin", b"", "feature.bin: 0 bytes"),
        ("shape.txt", b"25 7\n", "feature.bin: 600 bytes are not 25 rows of 7"),
        ("shape.txt", b"24 6\n", "id.txt: 25 names for 24 rows"),
        ("shape.txt", b"(25, 6)\n", "shape.txt: the first line is not two whole numbers"),
        ("id.txt", b"", "id.txt: 0 names for 25 rows"),
        ("video2frames.txt", b"['a']", "video2frames.txt: not a dictionary"),
    ],
)
def test_files_that_are_not_of_one_piece_are_an_error(make_pack, file, content, where):
    made = make_pack("binary")
    (made.binary / file).write_bytes(content)
    with pytest.raises(PipelineError) as caught:
        BinaryRows(made.binary)
    assert where in str(caught.value) and caught.value.fix


def test_a_video_larger_than_any_is_refused(make_pack, monkeypatch):
    made = make_pack("binary")
    monkeypatch.setattr(binary, "MOST_BYTES", 5 * 24)
    with BinaryRows(made.binary) as rows:
        assert len(rows["v_x_7"]) == 5
        with pytest.raises(BadRecord, match="12 rows are more than"):
            rows["a_b-1"]


def test_memory_is_that_of_one_video_and_the_names(tmp_path):
    """64 MB of rows pass through a few: 20,000 rows of 800 numbers, 100 a video, no two of a video side by side."""
    videos, rows, size = 200, 100, 800
    with open(tmp_path / "feature.bin", "wb") as file:
        for k in range(rows):
            file.write(np.full((videos, size), k, "<f4").tobytes())
    (tmp_path / "id.txt").write_text(" ".join(f"v{i}_{k}" for k in range(rows) for i in range(videos)))
    (tmp_path / "video2frames.txt").write_text(
        str({f"v{i}": [f"v{i}_{k}" for k in range(rows)] for i in range(videos)})
    )
    tracemalloc.start()
    try:
        with BinaryRows(tmp_path) as source:
            for i in range(videos):
                assert source[f"v{i}"][:, 0].tolist() == list(range(rows))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000
