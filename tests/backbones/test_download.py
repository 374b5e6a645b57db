"""A download ends with the whole file or with none, on good servers and bad ones, and goes on where it broke off."""

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers.server import FileServer, serving

from pipeline.backbones.common.download import DownloadError, download

CONTENT = random.Random(0).randbytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "cache" / "model.pth"


@pytest.fixture
def part(path) -> Path:
    """A part that an earlier, killed run left: the first million bytes."""
    part = path.with_name("model.pth.part")
    part.parent.mkdir()
    part.write_bytes(CONTENT[:1_000_000])
    return part


def only(path: Path) -> bool:
    return [path] == list(path.parent.iterdir())


@pytest.mark.parametrize("sha256", [SHA256, SHA256[:8], ""])
def test_a_file_is_had_whole(path, sha256):
    with serving(FileServer(CONTENT)) as server:
        download(server.url, path, sha256)
    assert path.read_bytes() == CONTENT and only(path) and server.requests == [None]


def test_a_killed_download_goes_on_where_it_stopped(path, part):
    with serving(FileServer(CONTENT)) as server:
        download(server.url, path, SHA256)
    assert path.read_bytes() == CONTENT and only(path) and server.requests == ["bytes=1000000-"]


def test_a_server_that_knows_no_ranges_is_asked_for_all(path, part):
    with serving(FileServer(CONTENT, ranges=False)) as server:
        download(server.url, path, SHA256)
    assert path.read_bytes() == CONTENT and only(path)


def test_a_connection_that_breaks_is_taken_up_again(path):
    with serving(FileServer(CONTENT, cuts=(1_500_000, 700_000))) as server:
        download(server.url, path, SHA256)
    assert path.read_bytes() == CONTENT and only(path)
    assert server.requests == [None, "bytes=1500000-", "bytes=2200000-"]


def test_a_connection_that_brings_nothing_more_is_an_error_and_keeps_what_came(path):
    with serving(FileServer(CONTENT, cuts=(1_500_000, 0, 0))) as server:
        with pytest.raises(DownloadError, match="ended after 1500000 of 3000000 bytes"):
            download(server.url, path, SHA256)
        assert not path.exists() and path.with_name("model.pth.part").read_bytes() == CONTENT[:1_500_000]
        server.cuts.clear()
        download(server.url, path, SHA256)
    assert path.read_bytes() == CONTENT and server.requests[-1] == "bytes=1500000-"


def test_without_a_hash_pieces_are_never_joined(path, part):
    with serving(FileServer(CONTENT, cuts=(1_500_000,))) as server:
        with pytest.raises(DownloadError, match="ended after"):
            download(server.url, path, "")
        assert not list(path.parent.iterdir())
        download(server.url, path, "")
    assert path.read_bytes() == CONTENT and server.requests == [None, None]


@pytest.mark.parametrize("rest", [b"", b"x" * 500_000], ids=["alone", "after a part of another file"])
def test_a_wrong_hash_is_refused_and_nothing_is_kept(path, rest):
    path.parent.mkdir()
    path.with_name("model.pth.part").write_bytes(rest)
    expected = SHA256 if rest else "0" * 64
    with serving(FileServer(CONTENT)) as server, pytest.raises(DownloadError, match=f"expected {expected}") as caught:
        download(server.url, path, expected)
    assert "removed" in str(caught.value) and not list(path.parent.iterdir())


def test_a_part_that_is_longer_than_the_file_is_forgotten(path, part):
    part.write_bytes(b"x" * 3_500_000)
    with serving(FileServer(CONTENT)) as server:
        download(server.url, path, SHA256)
    assert path.read_bytes() == CONTENT and server.requests == ["bytes=3500000-", None]


def test_several_that_want_the_same_file_fetch_it_once(path):
    with serving(FileServer(CONTENT)) as server, ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: download(server.url, path, SHA256), range(4)))
    assert path.read_bytes() == CONTENT and only(path) and len(server.requests) == 1


def test_a_server_that_is_not_there_is_an_error_and_leaves_nothing(path):
    with serving(FileServer(CONTENT)) as server:
        pass
    with pytest.raises(DownloadError, match="refused"):
        download(server.url, path, SHA256)
    assert not list(path.parent.iterdir())
