"""Five thousand requests as nobody should send them, to every address of the service."""

import http.client
import json
import random
from urllib.parse import quote

import pytest
from helpers.web import HOSTS, SECRET, FakePosters, ask, exchange, folder_of_videos, running

from pipeline.service import protocol
from pipeline.service.app import make_app
from pipeline.service.guard import SAFETY

REQUESTS = 5000
PARAMETERS = {
    "/": ["token", "q"],
    "/page.js": ["v"],
    "/page.css": [],
    "/api/about": ["x"],
    "/api/search": ["q", "k", "folder", "shortest", "longest", "unusual"],
    "/api/poster": ["id", "t", "w"],
    "/api/video": ["id"],
    "/api/stream": ["id", "start"],
    "/api/subtitles": ["id"],
    "/api/export": ["format"],
    "/api/nothing": ["id"],
}
GOOD = {"q": "a dog", "id": "lake", "k": "3", "t": "1.5", "w": "320", "format": "csv", "start": "1"}
ODD = [
    "",
    " ",
    "\0",
    "lake\0.mp4",
    "../secret.txt",
    "..\\secret.txt",
    "../../../../../../../../etc/passwd",
    "/etc/passwd",
    "file:///etc/passwd",
    "secret.mp4",
    "%2e%2e%2fsecret.txt",
    "%252e%252e%252fsecret.txt",
    ".",
    "..",
    "~root",
    "x" * 4096,
    "ж" * 4096,
    "\u202egnirts\u202c\u2066",
    "\ud800",
    "\udfff\ud83d",
    "\ufeff\uffff",
    "e" + "\u0301" * 1000,
    "<script>alert(1)</script>",
    "'; DROP TABLE videos; --",
    "{{7*7}}${7*7}#{7*7}",
    "\r\nSet-Cookie: a=b",
    "a\nb\rc\tb",
    "nan",
    "inf",
    "-Infinity",
    "1e999",
    "-1e-999",
    "9" * 5000,
    "-0",
    "0x10",
    "1_000",
    "١٢",
    "null",
    "true",
    "[]",
    "{}",
    "1,5",
    "😀" * 300,
    "=cmd()",
    "-flag",
    "bytes",
]
RAW = [
    b"%",
    b"%zz",
    b"%c3%28",
    b"%ed%a0%80",
    b"%ff%fe",
    b"%00",
    b"%f8%88%80%80%80",
    b"+",
    b"&&==",
    b"%u0041",
    b"#",
    b";",
]
METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "BREW"]
HEADERS = {
    "Range": ["bytes=0-9", "bytes=-5", "bytes=9-1", "bytes=--1", "bytes=" + "1-2," * 300, "lines=1-2", "bytes=999999-"],
    "If-Range": ['"x"', "yesterday"],
    "If-None-Match": ["*", '"' + "x" * 500],
    "Content-Type": ["text/plain", "application/json", "application/json; charset=x", "multipart/form-data", "\xff"],
    "Content-Encoding": ["gzip"],
    "Origin": ["http://evil.example", "null", "http://[", "x" * 1000],
    "Host": ["evil.example", "[::1", "localhost:99999999", "127.0.0.1\t", "../.."],
    "Cookie": ["amdnet=x; ; =; \xff", "x" * 9000],
    "Authorization": ["Bearer", "Bearer \xff", "Basic eDp4"],
    "Sec-Fetch-Site": ["cross-site", "x"],
    "Expect": ["100-continue", "x"],
    "Accept-Encoding": ["gzip;q=nan"],
    "X-Forwarded-For": ["../../etc/passwd"],
    "Upgrade": ["websocket"],
    "Content-Length": ["0", "3", "999999999999", "-1", "x"],
    "Transfer-Encoding": ["chunked", "gzip, chunked"],
}
VALUES = [None, True, -1, 0, 1, 2.5, 1e308, 10**400, float("nan"), float("inf"), [], {}, [[]], "lake", *ODD]


def spelled(chance: random.Random, value: str) -> bytes:
    """The value in an address, percent-encoded once, twice, or as it is where it can be."""
    encoded = value.encode("utf-8", "surrogatepass")
    ways = [
        quote(encoded),
        quote(encoded),
        quote(encoded, safe=""),
        quote(quote(encoded)),
        quote(encoded.decode("latin-1")),
    ]
    return chance.choice(ways).encode() + (chance.choice(RAW) if chance.random() < 0.1 else b"")


def target(chance: random.Random) -> bytes:
    path = chance.choices(list(PARAMETERS), [1 if path == "/api/stream" else 4 for path in PARAMETERS])[0]
    names = PARAMETERS[path] + (["id"] if chance.random() < 0.1 else [])
    asked = []
    for name in names:
        if chance.random() < 0.9:
            value = GOOD.get(name, "") if chance.random() < 0.6 else chance.choice(ODD)
            asked.append(name.encode() + b"=" + spelled(chance, value))
    if chance.random() < 0.1:
        path += "/" + chance.choice(ODD)
    return spelled(chance, path) + (b"?" + b"&".join(asked) if asked else b"")


def body(chance: random.Random) -> bytes:
    def value():
        return chance.choice(VALUES)

    clip = {"id": "lake", "start": 1.0, "end": 2.0, "label": "x"}
    clip = {name: good if chance.random() < 0.8 else value() for name, good in clip.items() if chance.random() < 0.95}
    whole = {"clips": [clip] * chance.choice([0, 1, 1, 3, 600])} if chance.random() < 0.9 else value()
    written = json.dumps(whole, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    broken = [written[: len(written) // 2], written + b"\xff", b"[" * 100_000, b"", b"\0" * 100]
    return chance.choice(broken) if chance.random() < 0.2 else written


def request(chance: random.Random) -> bytes:
    """One request as bytes; some are no HTTP at all."""
    address = target(chance)
    right = "POST" if b"export" in address else "GET"
    method = right if chance.random() < 0.8 else chance.choice(METHODS)
    lines = {"Host": "127.0.0.1", "Connection": "close"}
    sent = b""
    if method == "POST" or chance.random() < 0.05:
        sent = body(chance)
        lines |= {"Content-Type": "application/json", "Content-Length": str(len(sent))}
    if b"video" in address:
        lines["Range"] = chance.choice(HEADERS["Range"])
    while chance.random() < 0.3:
        name = chance.choice(list(HEADERS))
        lines[name] = chance.choice(HEADERS[name])
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode("latin-1")
    whole = method.encode() + b" " + address + b" HTTP/1.1\r\n" + head + b"\r\n" + sent
    if chance.random() < 0.03:
        at = chance.randrange(len(whole))
        whole = whole[:at] + chance.randbytes(3) + whole[at + 1 :]
    return whole


@pytest.mark.slow
def test_no_request_breaks_the_service_or_shows_what_is_not_the_indexs(tmp_path, search, caplog, monkeypatch):
    chance = random.Random(14)
    search = folder_of_videos(tmp_path / "kept-to-itself")
    statuses: dict[int, int] = {}
    unanswered = 0
    monkeypatch.setattr(protocol, "SECONDS_TO_SEND", 0.05)
    with running(make_app(search, FakePosters(), HOSTS)) as port:
        for _ in range(REQUESTS):
            sent = request(chance)
            try:
                answer = exchange(port, sent)
            except (http.client.HTTPException, ConnectionError):
                unanswered += 1
                continue
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            assert answer.status < 500 or answer.status == 501, sent
            assert {name: answer.headers.get(name) for name in SAFETY} == SAFETY, sent
            assert SECRET.encode() not in answer.body and b"root:" not in answer.body, sent
            shown = b"" if "content-disposition" in answer.headers else answer.body
            assert b"kept-to-itself" not in shown and b"/tmp" not in shown and b"Traceback" not in shown, sent
            assert "set-cookie" not in answer.headers
        assert ask(port, "/api/search?q=x").status == 200
    assert not caplog.records
    assert {200, 206, 400, 403, 404, 405, 413, 415, 416, 422} <= set(statuses), statuses
    assert statuses[200] > REQUESTS / 20 and unanswered < REQUESTS / 20
