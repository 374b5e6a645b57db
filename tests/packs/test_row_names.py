"""Which rows are whose: the last underscore splits, integers order, video2frames.txt decides where it is there."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.packs import row_names
from pipeline.packs.row_names import RowIndex


@pytest.fixture
def index(tmp_path):
    def make(names, lists=None):
        (tmp_path / "id.txt").write_text(names, encoding="utf-8")
        frames = tmp_path / "video2frames.txt"
        if lists is not None:
            frames.write_text(str(lists))
        return RowIndex(tmp_path / "id.txt", None if lists is None else frames)

    return make


@pytest.mark.parametrize("block", [3, 1 << 18])
def test_integers_order_the_rows_and_the_last_underscore_splits(index, monkeypatch, block):
    monkeypatch.setattr(row_names, "BLOCK", block)
    found = index("v_-x_10 v_-x_2 a_0\nv_-x_1 \t v__0 a_1 \xe9_3\n")
    assert found.rows == 7 and "v_-x" in found and "v_" in found and "v" not in found
    assert found["v_-x"].tolist() == [3, 1, 0] and found["v_"].tolist() == [4] and found["\xe9"].tolist() == [6]


NFC, NFD = "caf\xe9\u8996", "cafe\u0301\u8996"


@pytest.mark.parametrize("written", [NFC, NFD])
@pytest.mark.parametrize("block", [1, 3, 1 << 18])
@pytest.mark.parametrize("listed", [None, NFC, NFD])
def test_an_accent_is_one_letter_however_it_is_written(index, monkeypatch, written, block, listed):
    monkeypatch.setattr(row_names, "BLOCK", block)
    lists = None if listed is None else {listed: [f"{listed}_1", f"{listed}_0"]}
    found = index(f"x_0 {written}_0 \xe0_5 {written}_1", lists)
    assert found[NFC].tolist() == ([1, 3] if lists is None else [3, 1])


def test_two_ways_to_write_one_name_are_not_put_together(index):
    with pytest.raises(BadRecord, match="row 0 stands twice"):
        index("caf\xe9_0 cafe\u0301_0 caf\xe9_1")["caf\xe9"]


def test_the_lists_decide_the_order_and_the_rows(index):
    found = index("a_0 a_1 a_2 b_0 b_1", {"a": ["a_2", "a_0"], "other": ["b_0", "a_1"]})
    assert found["a"].tolist() == [2, 0] and found["other"].tolist() == [3, 1] and "b" not in found
    assert found.counts["rows_not_listed"] == 1 and found.counts["videos_reordered"] == 2


def test_lists_in_the_usual_order_change_nothing(index):
    found = index("a_10 a_9", {"a": ["a_9", "a_10"]})
    assert found["a"].tolist() == [1, 0] and found.counts["videos_reordered"] == 0


@pytest.mark.parametrize(
    ("names", "lists", "cause"),
    [
        ("a_0 a_1", {"a": ["a_0", "a_7"]}, "1 of the 2 rows"),
        ("a_0 a_1", {"a": ["a_0", "z_0", "odd"]}, "2 of the 3 rows"),
        ("a_0 a_1", {"a": []}, "0 of the 0 rows"),
        ("a_0 a_1 a_0", None, "row 0 stands twice"),
        ("a_0 a_00", None, "row 0 stands twice"),
    ],
)
def test_a_video_whose_rows_are_not_sure_is_refused(index, names, lists, cause):
    with pytest.raises(BadRecord, match=cause):
        index(names, lists)["a"]


def test_a_video_listed_twice_is_refused(index, tmp_path):
    (tmp_path / "video2frames.txt").write_text("{'a': ['a_0'], 'a': ['a_1']}")
    (tmp_path / "id.txt").write_text("a_0 a_1")
    with pytest.raises(BadRecord, match="twice"):
        RowIndex(tmp_path / "id.txt", tmp_path / "video2frames.txt")["a"]


def test_names_of_another_form_are_counted(index):
    found = index("a_0 b a_ _3 a_-1 a_1x a_\xb2 a_9999999999999999999")
    assert found.rows == 8 and found["a"].tolist() == [0] and found.counts["rows_without_video"] == 7


def test_a_file_without_white_space_is_refused(index):
    with pytest.raises(PipelineError, match="row name of more than"):
        index("x" * 1_000_000)
