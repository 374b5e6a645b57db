"""What uvicorn's HTTP/1.1 lacks against clients that send slowly, too much, or nonsense.

Test: tests/service/test_protocol.py.
"""

import asyncio
import json
import sys
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.service.guard import SAFETY
from pipeline.service.limits import MOST_CONNECTIONS, SECONDS_TO_SEND


class DeadlineProtocol(H11Protocol):
    """A connection that is closed where a whole request does not arrive in SECONDS_TO_SEND.

    Where there are more than MOST_CONNECTIONS, the one is closed that has waited longest for the rest of its request;
    so those that nothing comes from keep nobody out.
    """

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._watch()
        if len(self.connections) > MOST_CONNECTIONS:
            waiting = [other for other in self.connections if isinstance(other, DeadlineProtocol) and other._deadline]
            if waiting:
                min(waiting, key=lambda other: other._deadline.when() if other._deadline else 0.0)._give_up()

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request; what follows a request that was refused as a whole is dropped."""
        if not self._refused:
            super().data_received(data)
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waiting."""
        self._wait_no_more()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close the connection, after the answer that is under way where there is one."""
        if self._refused:
            self.transport.abort()
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or has too long a head.

        The connection is closed only when the client has closed it, or at the deadline: a client that is still sending
        would otherwise lose the answer.
        """
        self._refused = True
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.abort()
                return
        too_large = getattr(sys.exception(), "error_status_hint", None) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        status, sentence = (413, "The request is too large.") if too_large else (400, "The request is no valid HTTP.")
        body = json.dumps({"error": sentence}).encode()
        headers = {**SAFETY, "content-type": "application/json", "connection": "close", "cache-control": "no-store"}
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.write_eof()
        self._watch()

    def _watch(self) -> None:
        """Let the deadline run while a request is not whole, from its first byte on or from the connection."""
        cycle = self.cycle
        if not (self._refused or cycle is None or cycle.response_complete or cycle.more_body):
            self._wait_no_more()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(SECONDS_TO_SEND, self._give_up)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._wait_no_more()
        self.connections.discard(self)
        self.transport.abort()
