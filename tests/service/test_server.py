"""Where the service listens, and how it ends."""

import socket
import subprocess
import sys

import pytest
from helpers.web import HOSTS, FakePosters, ask, running

from pipeline.core.errors import PipelineError
from pipeline.service.app import make_app
from pipeline.service.server import listen


def test_a_port_that_is_taken_is_named_with_what_to_do():
    with listen("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(PipelineError, match=rf"(?s)127\.0\.0\.1:{port}: cannot listen .*--port"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.name.invalid", "a" * 300, "256.1.1.1", "203.0.113.1", "two words"])
def test_an_address_that_is_not_this_machines_is_an_error(host):
    with pytest.raises(PipelineError, match="What to do: .*--host"):
        listen(host, 0)


def test_it_listens_on_ipv6_as_well():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listen("::1", 0) as listening:
        assert listening.getsockname()[0] == "::1"


def test_the_file_limit_is_raised_as_far_as_it_goes():
    code = (
        "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (64, 200)); "
        "from pipeline.service.server import raise_file_limit; raise_file_limit(); "
        "print(r.getrlimit(r.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(200, 200)"


def test_it_ends_although_a_video_is_being_sent(search):
    search.video("lake").path.write_bytes(b"x" * (64 << 20))
    with running(make_app(search, FakePosters(), HOSTS)) as port:
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.sendall(b"GET /api/video?id=lake HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(16).startswith(b"HTTP/1.1 200")
    with connection, pytest.raises(OSError):
        while True:
            connection.sendall(b"X")
    with pytest.raises(ConnectionRefusedError):
        ask(port, "/")
