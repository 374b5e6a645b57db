"""Entries of the store: made once, whole or not at all, and no more of them than the disk has room for."""

import os
import subprocess
import time

import numpy as np
import pytest
import torch

from pipeline.core.abandoned import prefix_of
from pipeline.core.errors import PipelineError
from pipeline.corpus import kept
from pipeline.corpus.arrays import ArrayWriter
from pipeline.corpus.kept import Entry

BYTES = 1 << 20


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    return tmp_path / "store" / "corpus"


def write_ones(folder):
    with ArrayWriter(folder / "ones.npy", (BYTES // 4,), np.float32) as array:
        array.write((0,), torch.ones(BYTES // 4))


def make(name: str, unused_seconds: float = 0) -> Entry:
    entry = Entry({"name": name})
    entry.write(name, BYTES, write_ones)
    os.utime(entry.folder, (time.time() - unused_seconds,) * 2)
    return entry


def test_an_entry_is_there_once_it_was_written_and_says_so(capsys):
    assert Entry({"name": "a"}).open() is None
    tensors = Entry({"name": "a"}).write("train split", BYTES, write_ones)
    assert capsys.readouterr().err.startswith("train split: 0.001")
    assert torch.equal(tensors["ones"], torch.ones(BYTES // 4))
    assert torch.equal(Entry({"name": "a"}).open()["ones"], tensors["ones"]) and Entry({"name": "b"}).open() is None


def test_nothing_is_left_of_an_entry_that_could_not_be_finished(store):
    def fail(folder):
        write_ones(folder)
        raise PipelineError("no features", where="x", fix="y")

    with pytest.raises(PipelineError, match="no features"):
        Entry({"name": "a"}).write("a", BYTES, fail)
    assert not list(store.iterdir())


def test_a_damaged_entry_is_made_anew():
    entry = make("a")
    (entry.folder / "ones.npy").write_bytes(b"")
    assert entry.open() is None
    assert len(entry.write("a", BYTES, write_ones)["ones"]) == BYTES // 4 and entry.open()


def test_a_store_that_cannot_be_written_to_is_named(store):
    store.parent.mkdir()
    store.write_text("no folder")
    with pytest.raises(PipelineError, match="the store cannot be written to: File exists"):
        make("a")


def test_what_nobody_opened_for_long_is_removed(capsys):
    old, recent = make("old", kept.UNUSED_SECONDS + 60), make("recent", kept.UNUSED_SECONDS - 60)
    make("new")
    assert not old.folder.exists() and recent.open() and f"removed {old.folder}" in capsys.readouterr().err


def test_opening_an_entry_is_using_it():
    entry = make("old", kept.UNUSED_SECONDS + 60)
    entry.open()
    make("new")
    assert entry.open()


def test_those_unused_for_longest_make_room_for_a_new_one(monkeypatch):
    first, second, third = make("first", 300), make("second", 100), make("third", 200)
    # Half of the disk are three entries and a half: one of the old ones has to go.
    monkeypatch.setattr(kept, "_free", lambda folder: 4 * BYTES)
    make("new")
    assert not first.folder.exists() and second.open() and third.open()


def test_what_a_killed_run_left_is_removed_and_what_another_run_writes_is_not(store):
    dead = subprocess.Popen(["true"])
    dead.wait()
    running = store / f"{prefix_of(store / 'a')}12345678.tmp"
    killed = store / running.name.replace(f"-{os.getpid()}-", f"-{dead.pid}-")
    for folder in (killed, running):
        folder.mkdir(parents=True)
        write_ones(folder)
    make("new")
    assert not killed.exists() and running.exists()
