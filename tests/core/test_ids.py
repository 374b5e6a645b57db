"""Ids and values: what may become an HDF5 key or a file name, and what may not."""

import h5py
import pytest

from pipeline.core.ids import BadRecord, id_of, seconds_of, sentence_of, shown, span_of


@pytest.mark.parametrize(
    "value",
    ["../etc/passwd", "/etc/passwd", "a/b", "a\\b", ".", "..", "", " ", "a\0b", "a\nb", "a\rb", "a\tb", "a\x1bb",
     "a\u2028b", "\ud800", "x" * 201, "é" * 101, None, True, 1.5, ["a"], {"a": 1}],
)  # fmt: skip
def test_what_is_no_id(value):
    with pytest.raises(BadRecord, match="vid_name"):
        id_of(value, "vid_name")


@pytest.mark.parametrize(
    "value", ["v_-01K1HxqPB8", "_6hnl_BrFvs_360.0_510.0", "26292851@N04_42", "...", "a b", "vidéo 視頻", "x" * 200, 7]
)
def test_an_id_serves_as_an_hdf5_key(value, tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file[id_of(value, "id")] = [1.0]
        assert list(file) == [str(value)]


@pytest.mark.parametrize("value", [None, 5, "", "  \n", "?!", "\ud800 word", ["a word"]])
def test_what_is_no_sentence(value):
    with pytest.raises(BadRecord, match="desc"):
        sentence_of(value, "desc")


def test_white_space_and_control_characters_collapse():
    assert sentence_of("  a\tred \n\0 ball. ", "desc") == "a red ball."
    assert sentence_of("红球", "desc") == "红球"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, -0.1, 10**400, "5", None, True, [1]])
def test_what_is_no_time(value):
    with pytest.raises(BadRecord, match="ts"):
        seconds_of(value, "ts")


@pytest.mark.parametrize("value", [[1], [1, 2, 3], "12", {"start": 1}, None, [1, None], [[0, 1], [1, 2]]])
def test_what_is_no_span(value):
    with pytest.raises(BadRecord, match="ts"):
        span_of(value, "ts")


def test_what_is_shown_is_one_short_line_of_valid_text():
    text = shown("a\n\udc80é" + "x" * 1000)
    assert text.startswith("a\\n\\udc80é") and "\n" not in text and len(text) < 350
    assert text.encode("utf-8")


def test_an_accent_is_one_letter_however_it_is_written():
    assert id_of("cafe\u0301 \u30cf\u309a", "id") == id_of("caf\u00e9 \u30d1", "id") == "caf\u00e9 \u30d1"
