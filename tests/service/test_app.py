"""The web service, asked over HTTP: what it answers, and how it says no."""

import asyncio
import json
import select
import socket
import threading
import time
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from helpers.searching import FakeSearch
from helpers.web import CONTENT, HOSTS, SECRET, FakePosters, ask, folder_of_videos, post, read_answer, running

from pipeline.core.errors import PipelineError
from pipeline.search.results import MOST_HITS
from pipeline.service.app import make_app

CLIP = {"id": "lake", "start": 1.0, "end": 2.5, "label": "a dog"}


def found(port: int, **parameters):
    return ask(port, f"/api/search?{urlencode(parameters)}")


def test_about_describes_the_index_and_its_exports(port, search):
    answer = ask(port, "/api/about")
    assert answer.status == 200 and answer.json == {
        **search.about,
        "exports": ["csv", "otio", "edl", "fcpxml"],
        "writes": False,
    }


def test_a_search_answers_what_was_found_in_its_order(port, search):
    answer = found(port, q="a dog runs", k=3)
    results = search.search("a dog runs", 3)
    best, first = results.hits[0], answer.json["hits"][0]
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    assert [hit["id"] for hit in answer.json["hits"]] == [hit.video.video_id for hit in results.hits]
    assert (answer.json["query"], answer.json["videos"], answer.json["fits"]) == ("a dog runs", 15, True)
    assert first["moments"] == [[moment.start, moment.end, moment.score] for moment in best.moments]
    assert (first["start"], first["end"], first["score"]) == (best.start, best.end, best.score)
    assert len(first["similarity"]) == len(best.similarity) and first["play"] == "file"


def test_a_search_is_among_the_videos_that_are_asked_for(port):
    assert [hit["id"] for hit in found(port, q="x", folder="lectures", shortest=60, longest=9000).json["hits"]] == [
        "long"
    ]
    assert found(port, q="x", shortest=8000).json["hits"] == []
    assert found(port, q="x", unusual=1e6).json == {**found(port, q="x", unusual=1e6).json, "hits": [], "fits": None}
    assert len(found(port, q="x", folder="", shortest="", longest="", unusual="").json["hits"]) == 15


def test_videos_are_listed_by_name_in_parts(port, search):
    def listed(**asked):
        answer = ask(port, f"/api/videos?{urlencode(asked)}").json
        return [one["id"] for one in answer["listed"]], answer["videos"]

    names = [video.video_id for video in sorted(search.videos, key=lambda video: video.name)]
    assert listed(k=4) == (names[:4], 15) and listed(first=4) == (names[4:], 15) and listed(first=99) == ([], 15)
    assert listed(folder="lectures", shortest=60) == (["long"], 1)
    answer = ask(port, "/api/videos?folder=lectures").json["listed"]
    assert answer == [{"id": "long", "name": "lectures/long.avi", "duration": 7200.0, "play": "stream"}]
    assert [ask(port, f"/api/videos?{query}").status for query in ("first=-1", "k=101", "first=x", "q=x")] == [422] * 4


def test_hostile_names_and_lines_travel_as_they_are_and_broken_characters_do_not(port, search):
    hits = {hit["id"]: hit for hit in found(port, q="x", k=100).json["hits"]}
    names = {video.video_id: video.name for video in search.videos}
    assert all(hits[name]["name"] == names[name] for name in ("html", "rtl", "breaks", "dots", "quotes", "-flag"))
    assert hits["bytes"]["name"].startswith("x/not UTF-8 \ufffd") and hits["bytes"]["name"].endswith(".mp4")
    assert len(hits["large"]["subtitle"]) < 3000 and hits["large"]["subtitle"].endswith("…")


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "q=",
        "q=%20%0a",
        "q=x&k=0",
        f"q=x&k={MOST_HITS + 1}",
        "q=x&k=2.5",
        "q=x&k=1e999",
        "q=x&shortest=nan",
        "q=x&longest=inf",
        "q=x&longest=1e999",
        "q=x&unusual=-inf",
        "q=x&unusual=NaN",
        "q=x&shortest=-1",
        "q=x&shortst=5",
        f"q={'x' * 1001}",
        f"q=x&folder={'x' * 5000}",
        f"q=x&k={'9' * 9000}",
        "q=!!!",
    ],
)
def test_a_search_that_makes_no_sense_is_refused_with_a_sentence(port, asked):
    answer = ask(port, f"/api/search?{asked}")
    assert answer.status == 422 and answer.json["error"].endswith(".") and len(answer.json["error"]) < 300


def test_every_hit_may_be_asked_for_and_a_thousand_characters(port):
    assert found(port, q="ж" * 1000, k=MOST_HITS).status == 200


def test_a_poster_is_a_picture_that_may_be_kept(port):
    answer = ask(port, "/api/poster?id=lake&t=3.5&w=320")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert "max-age" in answer.headers["cache-control"] and answer.body.startswith(b"\xff\xd8")


@pytest.mark.parametrize("asked", ["id=lake&t=1&w=321", "id=lake&t=nan&w=320", "id=lake&t=1", "t=1&w=320"])
def test_a_poster_that_there_is_not_is_refused(port, asked):
    assert ask(port, f"/api/poster?{asked}").status == 422


@pytest.mark.parametrize("route", ["poster?w=320&", "video?", "stream?", "subtitles?"])
@pytest.mark.parametrize("wanted", ["../secret.txt", "secret", "..%2f..%2fsecret.txt", "%00", "lake%00", "/etc/passwd"])
def test_only_ids_of_the_index_are_answered(port, route, wanted):
    answer = ask(port, f"/api/{route}id={wanted}")
    assert answer.status == 404 and answer.json == {"error": "The index has no video with this id."}


def test_the_file_of_a_video_is_sent_as_it_is(port):
    answer = ask(port, "/api/video?id=lake")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "video/mp4", CONTENT)


def test_a_file_that_no_browser_can_play_is_not_sent(port):
    assert ask(port, "/api/video?id=kitchen").status == 404


@pytest.mark.parametrize("kind", ["gone", "folder", "none"])
def test_a_file_that_is_not_there_is_told_without_its_path(search, tmp_path, kind):
    search = folder_of_videos(tmp_path)
    path = search.video("lake").path
    if kind != "none":
        path.unlink()
    if kind == "folder":
        path.mkdir()
    with running(make_app(search, FakePosters(), HOSTS)) as port:
        answer = ask(port, f"/api/video?id={quote('no file') if kind == 'none' else 'lake'}")
    assert answer.status == 404 and str(tmp_path) not in answer.body.decode() and answer.json["error"]


@pytest.mark.parametrize("format", ["csv", "otio", "edl", "fcpxml"])
def test_clips_are_exported_as_a_file_to_keep(port, format):
    answer = post(port, f"/api/export?format={format}", {"clips": [CLIP]})
    assert answer.status == 200 and b"dog" in answer.body
    assert answer.headers["content-disposition"] == f'attachment; filename="clips.{format}"'


@pytest.mark.parametrize(
    "clips",
    [
        [],
        [CLIP] * 501,
        [{**CLIP, "end": 1.0}],
        [{**CLIP, "start": -1}],
        [{**CLIP, "end": "2.5"}],
        [{**CLIP, "label": "x" * 1001}],
        [{**CLIP, "path": "/etc/passwd"}],
        [{"id": "lake"}],
        [CLIP, None],
        {"id": "lake"},
        [{**CLIP, "start": 100.0, "end": 101.0}],
    ],
    ids=str,
)
def test_an_export_that_makes_no_sense_is_refused(port, clips):
    answer = post(port, "/api/export?format=csv", {"clips": clips})
    assert answer.status == 422 and answer.json["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 10000,
        json.dumps({"clips": [{**CLIP, "end": float("inf")}]}).encode(),
        json.dumps({"clips": [{**CLIP, "end": float("nan")}]}).encode(),
        json.dumps({"clips": [CLIP]}).encode().replace(b"2.5", b"1e999"),
        json.dumps({"clips": [CLIP]}).encode().replace(b"2.5", b"9" * 9000),
        json.dumps({"clips": [{**CLIP, "label": "\ud800"}]}).encode(),
    ],
    ids=lambda body: body[:20],
)
def test_a_body_that_is_no_json_or_holds_no_numbers_is_refused(port, body):
    answer = post(port, "/api/export?format=csv", body, {"Content-Length": str(len(body))})
    assert answer.status == 422 and answer.json["error"]


def test_a_clip_of_a_video_that_the_index_has_not_is_refused(port):
    assert post(port, "/api/export?format=csv", {"clips": [{**CLIP, "id": "../secret"}]}).status == 404
    assert post(port, "/api/export?format=doc", {"clips": [CLIP]}).status == 422


@pytest.mark.parametrize(
    "target", ["/nope", "/page.html", "/api", "/api/", "/api/video/", "//", "/docs", "/openapi.json"]
)
def test_no_other_address_is_answered(port, target):
    answer = ask(port, target)
    assert answer.status == 404 and answer.json == {"error": "There is nothing at this address."}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_no_other_method_is_answered(port, method):
    assert ask(port, "/api/about", method).status == 405
    assert ask(port, "/api/export?format=csv").status == 405


@pytest.mark.parametrize("target", ["/", "/page.js", "/api/about", "/api/search?q=x", "/api/video?id=lake"])
def test_head_answers_as_get_does_without_a_body(port, target):
    head, get = ask(port, target, "HEAD"), ask(port, target)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", get.headers["content-length"])


class Slow(FakeSearch):
    """A search that takes as long as it is told, and counts how many are under way at a time."""

    def __init__(self, videos):
        super().__init__(videos)
        self.go, self.under_way, self.most, self.queries = threading.Event(), 0, 0, []

    def search(self, query, k, among=...):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.queries.append(query)
        self.go.wait(30)
        self.under_way -= 1
        return super().search(query, k)


@pytest.fixture
def slow(search):
    """A slow search behind the service, as (search, port)."""
    searching = Slow(search.videos)
    with running(make_app(searching, FakePosters(), HOSTS)) as number:
        yield searching, number
        searching.go.set()


def opened(port: int, query: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(f"GET /api/search?q={query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return connection


def test_one_search_runs_at_a_time_a_hundred_wait_and_more_are_told_to_come_again(slow):
    search, port = slow
    connections = [opened(port, "first")]
    while not search.queries:
        time.sleep(0.01)
    connections += [opened(port, f"waits{number}") for number in range(120)]
    while len(select.select(connections, [], [], 30)[0]) < 20:
        time.sleep(0.01)
    assert ask(port, "/api/about").status == 200
    search.go.set()
    statuses = [read_answer(connection).status for connection in connections]
    assert (statuses.count(200), statuses.count(503), search.most) == (101, 20, 1)


def test_who_waits_no_longer_is_not_searched_for(slow):
    search, port = slow
    first = opened(port, "first")
    while not search.queries:
        time.sleep(0.01)
    opened(port, "given-up").close()
    last = opened(port, "last")
    assert [ask(port, "/api/about").status for _ in range(3)] == [200] * 3  # by then the server has seen all of them
    search.go.set()
    assert (read_answer(first).status, read_answer(last).status, search.queries) == (200, 200, ["first", "last"])


@pytest.mark.parametrize("error", [ValueError("/home/somebody"), PipelineError("it is cut off", where="x/index.json")])
def test_an_unforeseen_error_is_told_to_the_server_alone(search, tmp_path, caplog, error):
    class Broken(FakeSearch):
        def search(self, *_):
            raise error

    if isinstance(error, PipelineError):
        error.where = tmp_path / "index.json"
    with running(make_app(Broken(search.videos), FakePosters(), HOSTS)) as port:
        answer = found(port, q="x")
    assert answer.status == 500 and "nosniff" in answer.headers["x-content-type-options"]
    assert answer.json["error"].startswith("Something went wrong") and "/" not in answer.body.decode()
    assert "Traceback" in caplog.text


def test_a_number_that_is_none_is_null(search):
    class Odd(FakeSearch):
        def search(self, query, k, among=...):
            results = super().search(query, 1)
            return replace(results, hits=(replace(results.hits[0], unusual=float("nan")),))

    with running(make_app(Odd(search.videos), FakePosters(), HOSTS)) as port:
        assert found(port, q="x").json["hits"][0]["unusual"] is None


def test_nothing_beside_the_videos_is_found(port, search):
    secret = search.video("lake").path.parents[3] / "secret.txt"
    assert secret.read_text() == SECRET
    wanted = ["secret.mp4", "../secret.txt", str(secret), "trips/lake/dog.mp4/../../../secret.mp4"]
    for target in ["/{}", "/api/video?id={}", "/api/{}", "/page.js/{}", "/api/stream?id={}"]:
        for name in wanted:
            for spelled in (name, quote(name, safe=""), quote(quote(name, safe=""), safe="")):
                answer = ask(port, target.format(spelled))
                assert answer.status == 404 and SECRET.encode() not in answer.body


class NeverReady:
    """Posters that nobody gets."""

    async def get(self, *_):
        await asyncio.sleep(600)


def test_a_server_that_ends_while_a_picture_is_waited_for_says_nothing_of_it(search, caplog):
    with running(make_app(search, NeverReady(), HOSTS)) as port:
        waiting = socket.create_connection(("127.0.0.1", port))
        waiting.sendall(f"GET /api/poster?id=lake&w=160 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert not select.select([waiting], [], [], 0.5)[0]
    waiting.close()
    assert "Traceback" not in caplog.text and "Exception" not in caplog.text
