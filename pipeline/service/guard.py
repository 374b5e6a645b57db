"""Stands before the service: who may ask, how much a request may hold, and what every answer tells the browser.

Test: tests/service/test_guard.py.
"""

import hashlib
import hmac
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.service.answers import failure
from pipeline.service.hosts import Hosts
from pipeline.service.limits import MOST_BODY, MOST_DROPPED, MOST_QUERY_STRING, TooLarge

SAFETY = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
"""The headers of every answer."""


class Guard:
    """An ASGI application around another one.

    hosts: by which names it may be called. token: what a request must know, None where everybody may ask. A browser
    learns it from the address `/?token=...` and keeps a cookie made of it, which a page of another site cannot send
    along; a program sends the header `Authorization: Bearer ...`.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, token: str | None):
        self.app, self.hosts, self.token = app, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with a refusal."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            if len(scope["query_string"]) > MOST_QUERY_STRING:
                raise TooLarge
            body = await _body(request.headers, receive)
            answer = self._refusal(request) or self._admission(request)
        except TooLarge:
            answer = failure(413, "The request is too large.")
        except ClientDisconnect:
            return
        if answer is None:
            await self.app(scope, _again(body, receive), _safe(send))
        else:
            await answer(scope, receive, _safe(send))

    def _refusal(self, request: Request) -> Response | None:
        """The answer to a request that another site's page may have caused, or whose body is no JSON."""
        headers, host = request.headers, request.headers.get("host", "").lower()
        if not self.hosts.allow(host):
            return failure(400, "The service does not go by the name in this address.")
        visit = request.scope["path"] == "/" and headers.get("sec-fetch-mode") == "navigate"
        foreign = headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not visit
        if foreign or headers.get("origin", f"://{host}").lower().partition("://")[2] != host:
            return failure(403, "A page of another site may not ask this.")
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method == "POST" and media_type != "application/json":
            return failure(415, "The body must be JSON, and its Content-Type application/json.")
        return None

    def _admission(self, request: Request) -> Response | None:
        """The answer to a request that does not know the token, or that shows it for the first time."""
        if self.token is None:
            return None
        name = f"amdnet_{request.scope['server'][1]}"
        cookie = hashlib.sha256(f"cookie {self.token}".encode()).hexdigest()
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if request.scope["path"] == "/" and _same(request.query_params.get("token", ""), self.token):
            rest = [(key, value) for key, value in request.query_params.multi_items() if key != "token"]
            answer = RedirectResponse(f"/?{urlencode(rest)}" if rest else "/", 303)
            answer.set_cookie(name, cookie, httponly=True, samesite="strict")
            return answer
        if _same(request.cookies.get(name, ""), cookie) or (scheme.lower() == "bearer" and _same(bearer, self.token)):
            return None
        sentence = "The page needs its token: open the address with `?token=` that `amdnet serve` printed."
        return failure(401, sentence, {"www-authenticate": "Bearer"})


def _same(given: str, wanted: str) -> bool:
    """Whether two texts are equal, in a time that does not tell how far they are."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


async def _body(headers: Headers, receive: Receive) -> bytes:
    """Read the body of a request.

    One that is too large is read as well, up to a point, and dropped: a client that is still sending would not get to
    read the answer. It raises TooLarge then.
    """
    length = int(headers.get("content-length", 0))
    if length > MOST_BODY and (length > MOST_DROPPED or headers.get("expect", "").lower() == "100-continue"):
        raise TooLarge
    if not length and "transfer-encoding" not in headers:
        return b""
    kept, read, more = bytearray(), 0, True
    while more and read <= MOST_DROPPED:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part, more = message.get("body", b""), message.get("more_body", False)
        read += len(part)
        if read <= MOST_BODY:
            kept += part
    if read > MOST_BODY:
        raise TooLarge
    return bytes(kept)


def _again(body: bytes, receive: Receive) -> Receive:
    """What an application receives once the body of its request is read."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


def _safe(send: Send) -> Send:
    """Send answers with the headers that all have."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(SAFETY)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return with_headers
