"""Listens at an address, and runs the service there until it is told to end. Test: tests/service/test_server.py."""

import asyncio
import resource
import signal
import socket
import threading

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from pipeline.core.errors import PipelineError
from pipeline.service.limits import MOST_HEAD
from pipeline.service.protocol import DeadlineProtocol

SECONDS_TO_END = 1.0
"""Which answers under way are given when the service is told to end."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to the address; port 0 takes a free one.

    Raises PipelineError where the name is not known, or the port is taken or not allowed.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise PipelineError(f"there is no such address: {error}", where=host, fix="give another --host") from None
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        fix = "give another --port, 0 for any that is free, or another --host"
        raise PipelineError(f"cannot listen there: {error.strerror}", where=f"{host}:{port}", fix=fix) from None
    return listening


def raise_file_limit() -> None:
    """Let this process open as many files, and connections, as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class PageServer(uvicorn.Server):
    """Serves an application from a bound socket; says: what is printed once it answers."""

    def __init__(self, app: ASGIApp, listening: socket.socket, says: str = ""):
        super().__init__(
            uvicorn.Config(
                app,
                http=DeadlineProtocol,
                loop="asyncio",
                ws="none",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                h11_max_incomplete_event_size=MOST_HEAD,
                timeout_graceful_shutdown=5,
            )
        )
        self._listening, self._says = listening, says

    def serve_until_told(self) -> None:
        """Serve until SIGINT or SIGTERM, or until `should_exit` is set.

        When uvicorn has ended because of a signal it raises that signal once more, for whoever handled it before; here
        that is nobody.
        """
        if threading.current_thread() is not threading.main_thread():
            self.run(sockets=[self._listening])
            return
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            self.run(sockets=[self._listening])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        if self._says:
            print(self._says, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; a client that is still being sent something, as a video, is cut off after SECONDS_TO_END."""
        asyncio.get_running_loop().call_later(SECONDS_TO_END, self._cut_off)
        await super().shutdown(sockets)

    def _cut_off(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
