"""Whatever text comes from outside: what `id_of` takes is one id, an HDF5 key and a file name; the rest is refused."""

import unicodedata
from pathlib import Path

import h5py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.ids import MAX_ID_BYTES, BadRecord, id_of, sentence_of, shown

TRICKY = [".", "..", "/", "\\", " ", "\0", "\n", "\u2028", "\ud800", "e\u0301", "\u30cf\u309a", "\U0001f600", "#", "a"]
texts = st.one_of(st.text(), st.lists(st.sampled_from(TRICKY), max_size=6).map("".join), st.text(min_size=150))


def id_or_none(value: object) -> str | None:
    try:
        return id_of(value, "vid_name")
    except BadRecord:
        return None


@given(texts)
def test_an_id_is_an_id_again_and_however_it_is_composed(text):
    taken = id_or_none(text)
    assert taken is None or id_of(taken, "vid_name") == taken == unicodedata.normalize("NFC", taken)
    assert {id_or_none(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")} == {taken}


@pytest.fixture(scope="module")
def hdf5():
    """An HDF5 file in memory."""
    with h5py.File("ids.h5", "w", driver="core", backing_store=False) as file:
        yield file


@given(texts)
def test_an_id_is_one_key_of_an_hdf5_file(hdf5, text):
    taken = id_or_none(text)
    if taken is not None:
        hdf5[taken] = [1.0]
        try:
            assert list(hdf5) == [taken] and isinstance(hdf5[taken], h5py.Dataset)
        finally:
            del hdf5[taken]


@given(texts)
def test_an_id_is_the_name_of_one_file_in_its_folder(tmp_path_factory, text):
    taken = id_or_none(text)
    if taken is not None:
        folder = tmp_path_factory.mktemp("ids")
        (folder / f"{taken}.mp4").touch()
        assert [path.name for path in folder.iterdir()] == [f"{taken}.mp4"]
        assert Path(f"{folder}/{taken}.mp4").stem == taken


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=MAX_ID_BYTES // 4))
def test_letters_and_digits_always_make_an_id(text):
    assert id_or_none(text) == unicodedata.normalize("NFC", text)


@given(st.one_of(st.none(), st.booleans(), st.floats(), st.lists(st.text()), st.binary()))
def test_nothing_but_texts_and_whole_numbers_is_an_id(value):
    assert id_or_none(value) is None


@given(texts)
def test_a_sentence_is_a_sentence_again_and_one_line(text):
    try:
        sentence = sentence_of(text, "desc")
    except BadRecord:
        return
    assert sentence_of(sentence, "desc") == sentence and len(sentence.splitlines()) == 1


@given(texts)
def test_what_is_shown_is_one_printable_line(text):
    assert shown(text).isprintable()
