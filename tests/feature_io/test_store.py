"""Entries come back as they were put, or count as absent."""

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from helpers.replaced import a_folder, a_pipe, an_endless_device
from safetensors.numpy import load_file, safe_open, save_file

from pipeline.core.abandoned import prefix_of
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


def header_of(path: Path) -> dict[str, str]:
    with safe_open(path, framework="numpy") as file:
        return file.metadata()


def rewritten(path: Path, header: dict[str, str]) -> None:
    save_file(load_file(path), path, header)


def with_attributes(**changed):
    def change(path: Path) -> None:
        header = header_of(path)
        attributes = json.dumps({**json.loads(header["attributes"]), **changed})
        rewritten(path, {**header, "attributes": attributes})

    return change


def of_another_key(path: Path) -> None:
    shutil.copy(path.parent / "other.safetensors", path)


def linked_to_another_key(path: Path) -> None:
    path.unlink()
    path.symlink_to("other.safetensors")


def with_a_further_name(path: Path) -> None:
    rewritten(path, {**header_of(path), "more": "words"})


def without_its_seal(path: Path) -> None:
    rewritten(path, {name: value for name, value in header_of(path).items() if name in ("attributes", "arrays")})


def without_a_header(path: Path) -> None:
    save_file(load_file(path), path)


def nested_too_deep(path: Path) -> None:
    rewritten(path, {**header_of(path), "attributes": "[" * 20_000})


DAMAGE = [
    with_attributes(clips=4), with_attributes(fps=1.0), with_attributes(libraries={}), of_another_key,
    linked_to_another_key, with_a_further_name, without_its_seal, without_a_header, nested_too_deep, a_folder, a_pipe,
    an_endless_device,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_not_the_entry_of_its_key_is_said_once_and_replaced(store, damage, capsys):
    store.put("other", ENTRY)
    store.path("other").parent.rename(store.folder / "ab")
    store.put("ab", Entry(ENTRY.arrays, {"clips": 3}))
    damage(store.path("ab"))
    assert store.attributes("ab") is None and store.get("ab") is None
    assert capsys.readouterr().err.startswith(f"{store.path('ab')}: this entry is damaged and is made anew: ")
    assert store.get("ab") is None and not capsys.readouterr().err
    store.put("ab", ENTRY)
    assert store.get("ab").attributes == store.attributes("ab") == ENTRY.attributes


def test_no_byte_of_an_entry_can_change_unnoticed(store, capsys):
    store.put("ab", ENTRY)
    path, draw = store.path("ab"), random.Random(0)
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1 << draw.randrange(8)]) + whole[position + 1 :])
        found = Store(store.folder.parent, "slowfast").get("ab")
        assert found is None or (found.attributes == ENTRY.attributes and list(found.arrays) == ["rows"])
        assert found is None or np.array_equal(found.arrays["rows"], ENTRY.arrays["rows"])


def test_entries_of_older_versions_are_found_where_they_are_and_checked_as_they_were(store, capsys):
    store.put("ab", ENTRY)
    (store.folder / "sealed").unlink()  # the folder of an older version
    without_its_seal(store.path("ab"))
    assert store.get("ab").attributes == store.attributes("ab") == ENTRY.attributes
    store.put("cd", ENTRY)
    assert store.get("cd") and store.get("ab") and not (store.folder / "sealed").exists()
    whole = store.path("ab").read_bytes()
    store.path("ab").write_bytes(whole[:-1] + b"!")
    assert store.get("ab") is None
    rewritten(store.path("ab"), {"attributes": "[]", "arrays": header_of(store.path("ab"))["arrays"]})
    assert store.attributes("ab") is None


def test_what_killed_processes_have_left_beside_any_entry_is_removed(store):
    for key in ("ab", "cd"):
        store.put(key, ENTRY)
    dead = subprocess.Popen(["true"])
    dead.wait()
    owned = prefix_of(store.path("gone")).replace(f"-{os.getpid()}-", f"-{dead.pid}-")
    left = store.path("ab").with_name(f"{owned}12345678.tmp")
    left.touch()
    Store(store.folder.parent, "slowfast").remove_abandoned()
    assert not left.exists() and store.get("ab") and store.get("cd")
