"""The users ask until their time is up, and what was refused or cut off is told as an error."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks import serve
from pipeline.core.manifest import Query, write_queries


class Service(BaseHTTPRequestHandler):
    """Answers a search with a hit that can be played and one that cannot."""

    protocol_version = "HTTP/1.1"
    refused: tuple[str, ...] = ()
    asked: list[str]

    def do_GET(self):
        self.asked.append(self.path)
        address = self.path.split("?")[0]
        hits = [{"id": "a b", "start": 1.5, "play": "file"}, {"id": "c", "start": 0.0, "play": "none"}]
        body = json.dumps({"hits": hits} if address == "/api/search" else {"error": "No."}).encode()
        self.send_response(503 if address in self.refused else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    """A class of its own with the server at work, and its address."""
    handler = type("Handler", (Service,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(url, tmp_path, monkeypatch):
    write_queries(tmp_path / "queries.jsonl", [Query(f"q{n}", "v", f"somebody & {n}", "test") for n in range(3)])
    options = ["--url", url, "--users", "3", "--seconds", "0.3", "--queries", str(tmp_path / "queries.jsonl")]
    monkeypatch.setattr(sys, "argv", ["serve", *options])
    serve.main()


def test_every_user_searches_and_fetches_the_posters_of_what_can_be_played(service, tmp_path, monkeypatch, capsys):
    handler, url = service
    run(url, tmp_path, monkeypatch)
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:4]]
    assert [(row[0], row[1]) for row in rows] == [("| /api/poster", "3"), ("| /api/search", "3")]
    assert {row[2] for row in rows} == {str(len(handler.asked) // 2)}
    assert "/api/poster?id=a+b&t=1.5&w=320" in handler.asked and "/api/search?q=somebody+%26+0&k=20" in handler.asked


def test_a_refusal_is_an_error(service, tmp_path, monkeypatch):
    handler, url = service
    handler.refused = ("/api/poster",)
    with pytest.raises(SystemExit, match="/api/poster: 503 .*No."):
        run(url, tmp_path, monkeypatch)


def test_a_service_that_is_not_there_is_an_error(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="/api/search: ConnectionRefusedError"):
        run("http://127.0.0.1:9", tmp_path, monkeypatch)
