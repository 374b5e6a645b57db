"""The file of a video over HTTP: whole, in ranges, however large, however slowly read."""

import http.client
import os
import socket
from dataclasses import replace

import psutil
import pytest
from helpers.searching import FakeSearch
from helpers.web import CONTENT, HOSTS, FakePosters, ask, read_answer, running

from pipeline.service.app import make_app

SIZE = len(CONTENT)


def ranged(port: int, asked: str, method: str = "GET", **headers: str):
    return ask(port, "/api/video?id=lake", method, {"Range": asked, **headers})


@pytest.mark.parametrize(
    "asked, first, last",
    [
        ("bytes=0-99", 0, 99),
        ("bytes=0-0", 0, 0),
        ("bytes=70000-", 70000, SIZE - 1),
        ("bytes=-500", SIZE - 500, SIZE - 1),
        ("bytes=-999999", 0, SIZE - 1),
        ("bytes=100-999999", 100, SIZE - 1),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
        (f"bytes=5-{'9' * 30}", 5, SIZE - 1),
        ("Bytes = 1 - 2", 1, 2),
    ],
)
def test_a_range_is_that_part_of_the_file(port, asked, first, last):
    answer = ranged(port, asked)
    assert (answer.status, answer.body) == (206, CONTENT[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["content-type"] == "video/mp4" and answer.headers["accept-ranges"] == "bytes"
    head = ranged(port, asked, "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (206, b"", str(last + 1 - first))


def test_several_ranges_come_as_parts_each_with_its_place(port):
    answer = ranged(port, "bytes=0-9,100-109,-5")
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    parts = answer.body.split(f"--{boundary}".encode())
    assert (answer.status, kind, len(answer.body)) == (
        206,
        "multipart/byteranges",
        int(answer.headers["content-length"]),
    )
    assert [part.partition(b"\r\n\r\n")[2][:-2] for part in parts[1:-1]] == [
        CONTENT[:10],
        CONTENT[100:110],
        CONTENT[-5:],
    ]
    assert b"Content-Range: bytes 100-109/" in parts[2]


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=999999-1000000", "bytes=-0", f"bytes={'9' * 30}-"])
def test_a_range_behind_the_end_is_told_the_size(port, asked):
    answer = ranged(port, asked)
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "asked",
    ["bytes=9-5", "items=0-9", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2-3", "bytes=--5", "bytes=0x1-", "²"]
    + ["bytes=" + "0-0," * 500 + "0-0"],
    ids=lambda asked: asked[:20],
)
def test_what_is_no_range_is_left_out_of_account(port, asked):
    answer = ranged(port, asked)
    assert (answer.status, answer.body) == (200, CONTENT)


def test_a_range_of_another_version_of_the_file_is_the_whole_file(port):
    whole = ask(port, "/api/video?id=lake")
    for name in ("etag", "last-modified"):
        assert ranged(port, "bytes=0-9", **{"If-Range": whole.headers[name]}).status == 206
    for other in ('"other"', "Mon, 01 Jan 1990 00:00:00 GMT", f"W/{whole.headers['etag']}"):
        assert ranged(port, "bytes=0-9", **{"If-Range": other}).body == CONTENT


@pytest.fixture
def huge(search, tmp_path):
    """The service over a file of 10 GB, of which almost nothing is on the disk; the value is its port."""
    path = tmp_path / "huge.mp4"
    with open(path, "wb") as file:
        file.truncate(10 << 30)
        file.seek((10 << 30) - 4)
        file.write(b"last")
    video = replace(search.video("lake"), path=path)
    with running(make_app(FakeSearch([video, search.video("lake_2")]), FakePosters(), HOSTS)) as port:
        yield port


def test_a_large_file_is_not_read_into_memory(huge):
    before = psutil.Process().memory_info().rss
    assert ranged(huge, "bytes=-4").body == b"last"
    assert ranged(huge, f"bytes={(10 << 30) - 4}-").body == b"last"
    assert ask(huge, "/api/video?id=lake", "HEAD").headers["content-length"] == str(10 << 30)
    with socket.create_connection(("127.0.0.1", huge)) as connection:
        connection.sendall(b"GET /api/video?id=lake HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        read = 0
        while read < 300 << 20:
            read += len(connection.recv(1 << 20))
    assert psutil.Process().memory_info().rss - before < 100 << 20


def test_those_that_read_slowly_keep_nobody_waiting(huge):
    slow = [socket.create_connection(("127.0.0.1", huge)) for _ in range(100)]
    for connection in slow:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /api/video?id=lake HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert all(connection.recv(16).startswith(b"HTTP/1.1 200") for connection in slow)
    assert ask(huge, "/api/video?id=lake_2").body == CONTENT and ask(huge, "/api/search?q=x").status == 200
    for connection in slow:
        connection.close()


def test_a_file_that_is_cut_off_while_it_is_sent_ends_that_answer_alone(search, tmp_path):
    path = tmp_path / "shrinks.mp4"
    path.write_bytes(b"\0" * (64 << 20))
    with running(make_app(FakeSearch([replace(search.video("lake"), path=path)]), FakePosters(), HOSTS)) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(b"GET /api/video?id=lake HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert connection.recv(1, socket.MSG_PEEK) == b"H"
            os.truncate(path, 1000)
            with pytest.raises(http.client.IncompleteRead):
                read_answer(connection)
        assert ask(port, "/api/about").status == 200


def test_a_pipe_in_the_place_of_a_file_is_not_opened(search, tmp_path):
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)
    with running(make_app(FakeSearch([replace(search.video("lake"), path=path)]), FakePosters(), HOSTS)) as port:
        assert ask(port, "/api/video?id=lake").status == 404
