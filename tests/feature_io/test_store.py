"""Entries come back as they were put, or count as absent."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.feature_io.store import Entry, Store, entry_key

ENTRY = Entry({"rows": np.arange(12, dtype=np.float16).reshape(3, 4)}, {"clips": 3, "libraries": {"numpy": "2"}})


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path, "slowfast")


def test_what_was_put_is_there(store):
    store.put("ab", ENTRY)
    found = store.get("ab")
    assert np.array_equal(found.arrays["rows"], ENTRY.arrays["rows"])
    assert found.arrays["rows"].dtype == np.float16 and found.attributes == ENTRY.attributes


def test_what_was_not_put_is_absent(store):
    assert store.get("ab") is None


def test_a_store_that_cannot_be_written_to_is_an_error_that_names_the_variable(tmp_path):
    (tmp_path / "file").write_text("no folder")
    store = Store(tmp_path / "file", "slowfast")
    for write in (store.check_writable, lambda: store.put("ab", ENTRY)):
        with pytest.raises(PipelineError, match="slowfast: the store cannot be written to.*\n.*AMDNET_STORE"):
            write()


@pytest.mark.parametrize("cut", [0, 4, 60, -1])
def test_a_cut_entry_is_absent_and_can_be_put_again(store, cut):
    store.put("ab", ENTRY)
    store.path("ab").write_bytes(store.path("ab").read_bytes()[:cut])
    assert store.get("ab") is None
    store.put("ab", ENTRY)
    assert store.get("ab") is not None


def test_no_flipped_bit_goes_unnoticed(store):
    store.put("ab", ENTRY)
    whole = store.path("ab").read_bytes()
    for position in range(len(whole) - ENTRY.arrays["rows"].nbytes, len(whole)):
        store.path("ab").write_bytes(whole[:position] + bytes([whole[position] ^ 4]) + whole[position + 1 :])
        assert store.get("ab") is None


@pytest.mark.parametrize("cut", [0, 4, 60, -1])
def test_attributes_are_those_of_entries_that_are_whole(store, cut):
    assert store.attributes("ab") is None
    store.put("ab", ENTRY)
    assert store.attributes("ab") == ENTRY.attributes
    store.path("ab").write_bytes(store.path("ab").read_bytes()[:cut])
    assert store.attributes("ab") is None


def test_a_key_depends_on_content_and_provenance_but_not_on_the_order_of_the_provenance():
    assert entry_key("a", {"x": 1, "y": 2}) == entry_key("a", {"y": 2, "x": 1})
    assert len({entry_key("a", {"x": 1}), entry_key("b", {"x": 1}), entry_key("a", {"x": 2})}) == 3
