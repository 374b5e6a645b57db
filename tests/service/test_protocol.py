"""Connections that send slowly, too much, or nonsense."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from helpers.web import HOSTS, FakePosters, ask, read_answer, running

from pipeline.service import protocol
from pipeline.service.app import make_app
from pipeline.service.guard import SAFETY

HEAD = b"GET /api/about HTTP/1.1\r\nHost: localhost\r\n"
PARTS = {
    "nothing": b"",
    "half a request line": b"GET /api/ab",
    "half a header": HEAD + b"Accept: ",
    "half a body": HEAD.replace(b"GET", b"POST") + b"Content-Length: 100\r\n\r\n{",
}


@contextmanager
def half_open(port: int, part: bytes, count: int) -> Iterator[list[socket.socket]]:
    """Connections that each send the part of a request, and no more."""
    connections = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(count)]
    for connection in connections:
        connection.sendall(part)
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


def ended(connection: socket.socket) -> bytes:
    """What still comes on a connection until the server closes it."""
    received = b""
    try:
        while part := connection.recv(1 << 16):
            received += part
    except ConnectionResetError:
        pass
    return received


@pytest.fixture
def impatient(search, monkeypatch):
    """The service that waits for half a second; the value is its port."""
    monkeypatch.setattr(protocol, "SECONDS_TO_SEND", 0.5)
    with running(make_app(search, FakePosters(), HOSTS)) as port:
        yield port


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_two_hundred_half_open_connections_keep_nobody_out(port, part):
    with half_open(port, part, 200):
        assert ask(port, "/").status == ask(port, "/api/search?q=x").status == 200


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_request_that_does_not_become_whole_is_given_up(impatient, part):
    with half_open(impatient, part, 20) as connections:
        assert [ended(connection) for connection in connections] == [b""] * 20


def test_a_request_that_comes_byte_by_byte_is_given_up_as_well(impatient):
    with half_open(impatient, HEAD, 1) as (connection,):
        with pytest.raises(OSError):
            while True:
                connection.sendall(b"X")
                time.sleep(0.01)


def test_the_second_request_of_a_connection_has_to_become_whole_too(impatient):
    with half_open(impatient, HEAD + b"\r\n", 1) as (connection,):
        assert connection.recv(16).startswith(b"HTTP/1.1 200")
        connection.sendall(HEAD)
        assert b"200 OK" not in ended(connection)


def test_an_answer_that_takes_longer_to_read_is_not_cut_off(impatient, search):
    search.video("lake").path.write_bytes(b"x" * (32 << 20))
    with half_open(impatient, b"GET /api/video?id=lake HTTP/1.1\r\nHost: localhost\r\n\r\n", 1) as (connection,):
        time.sleep(1.0)
        assert len(read_answer(connection).body) == 32 << 20


def test_of_too_many_connections_those_that_wait_longest_are_closed(search, monkeypatch):
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 50)
    with running(make_app(search, FakePosters(), HOSTS)) as port, half_open(port, b"GET", 200) as connections:
        assert ask(port, "/").status == 200
        assert [ended(connection) for connection in connections[:150]] == [b""] * 150
        connections[-1].sendall(HEAD[3:] + b"Connection: close\r\n\r\n")
        assert read_answer(connections[-1]).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/one\r\nHost: localhost\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"G\0T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        HEAD.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_as_safely_as_anything(impatient, sent):
    with half_open(impatient, sent + b"\r\n\r\n", 1) as (connection,):
        answer = read_answer(connection)
    assert 400 <= answer.status <= 501 and answer.status != 500 and answer.json["error"]
    assert {name: answer.headers[name] for name in SAFETY} == SAFETY


@pytest.mark.parametrize("size", [1_000_000, 30_000_000])
@pytest.mark.parametrize("where", ["line", "header"])
def test_a_head_that_is_too_large_is_refused_and_the_client_gets_to_know(port, where, size):
    if where == "line":
        answer = ask(port, f"/api/search?q={'x' * size}")
    else:
        answer = ask(port, "/api/about", headers={"X-Large": "x" * size})
    assert answer.status == 413 and answer.json["error"]


def test_one_that_never_stops_sending_is_given_up(impatient):
    with half_open(impatient, b"GET /", 1) as (connection,), pytest.raises(OSError):
        while True:
            connection.sendall(b"x" * (1 << 16))
