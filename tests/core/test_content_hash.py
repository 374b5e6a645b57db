"""A file is hashed once, and again when it changed."""

import hashlib
import os

import pytest

from pipeline.core import content_hash
from pipeline.core.content_hash import Memo, content_sha256


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))


def test_the_hash_is_that_of_the_bytes_now(tmp_path):
    path = tmp_path / "video.mp4"
    for content in (b"one", b"two", b"three"):
        path.write_bytes(content)
        os.utime(path, ns=(0, len(content) + content[0]))
        assert content_sha256(path) == hashlib.sha256(content).hexdigest()


def test_an_unchanged_file_is_not_read_again(tmp_path, monkeypatch):
    path = tmp_path / "video.mp4"
    path.write_bytes(b"content")
    os.utime(path, ns=(0, 10**9))
    first = content_sha256(path)
    monkeypatch.setattr(content_hash, "sha256_file", lambda path: pytest.fail("read again"))
    assert content_sha256(path) == first


def test_a_file_that_was_just_written_is_not_trusted_yet(tmp_path):
    """Two changes within one tick of the file system's clock have the same time."""
    path = tmp_path / "video.mp4"
    path.write_bytes(b"one")
    written = path.stat().st_mtime_ns
    content_sha256(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(0, written))
    assert content_sha256(path) == hashlib.sha256(b"two").hexdigest()


def test_a_fact_is_kept_beside_the_hashes():
    with Memo() as memo:
        assert memo.fact("one") is None
        memo.note("one", "length 2")
    with Memo() as memo:
        assert (memo.fact("one"), memo.fact("two")) == ("length 2", None)


def test_what_took_long_is_kept_whatever_comes_next(monkeypatch):
    monkeypatch.setattr(content_hash, "_SECONDS_UNWRITTEN", 0)
    with Memo() as first, Memo() as second:
        first.note("one", "length 2")
        assert second.fact("one") == "length 2"


def test_a_broken_memo_is_forgotten(tmp_path):
    path = tmp_path / "video.mp4"
    path.write_bytes(b"content")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "hashes.sqlite").write_bytes(b"not a database, although long enough to be one" * 100)
    assert content_sha256(path) == content_sha256(path) == hashlib.sha256(b"content").hexdigest()


def test_a_file_is_hashed_where_no_memo_can_be(tmp_path, monkeypatch):
    path = tmp_path / "video.mp4"
    path.write_bytes(b"content")
    monkeypatch.setenv("AMDNET_STORE", str(path / "store"))
    assert content_sha256(path) == hashlib.sha256(b"content").hexdigest()


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        content_sha256(tmp_path / "none.mp4")
