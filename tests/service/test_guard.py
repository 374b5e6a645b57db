"""Who may ask the service, and what every answer tells the browser."""

import pytest
from helpers.web import HOSTS, FakePosters, ask, exchange, post, running

from pipeline.service.app import make_app
from pipeline.service.guard import SAFETY
from pipeline.service.limits import MOST_BODY

CLIPS = {"clips": [{"id": "lake", "start": 1.0, "end": 2.5, "label": "a dog"}]}
ANSWERS = [
    ("/", "GET", {}, 200),
    ("/page.js", "GET", {}, 200),
    ("/api/about", "GET", {}, 200),
    ("/api/video?id=lake", "GET", {}, 200),
    ("/api/video?id=lake", "GET", {"Range": "bytes=0-1"}, 206),
    ("/api/video?id=lake", "GET", {"Range": "bytes=999999-"}, 416),
    ("/api/video?id=nobody", "GET", {}, 404),
    ("/nowhere", "GET", {}, 404),
    ("/api/about", "PUT", {}, 405),
    ("/api/search", "GET", {}, 422),
    ("/api/about", "GET", {"Host": "evil.example"}, 400),
    ("/api/about", "GET", {"Origin": "http://evil.example"}, 403),
    ("/api/search?q=" + "x" * 200_000, "GET", {}, 413),
    ("/api/search?q=" + "x" * 1_000_000, "GET", {}, 413),
    ("/ü", "GET", {}, 400),
]


@pytest.mark.parametrize("target, method, headers, status", ANSWERS, ids=lambda value: str(value)[:30])
def test_every_answer_is_safe_to_show(port, target, method, headers, status):
    answer = ask(port, target, method, headers)
    assert answer.status == status
    assert {name: answer.headers.get(name) for name in SAFETY} == SAFETY
    assert answer.headers["cache-control"]
    assert status < 400 or status == 416 or answer.json["error"].endswith(".")


def test_the_policy_lets_no_foreign_and_no_inline_script_run():
    policy = dict(part.split(" ", 1) for part in SAFETY["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:1@evil.example", ""])
def test_a_name_that_was_pointed_here_is_refused(port, host):
    assert ask(port, "/", headers={"Host": host}).status == 400


def test_a_request_without_a_name_or_with_two_is_refused(port):
    assert exchange(port, b"GET / HTTP/1.0\r\n\r\n").status == 400
    assert exchange(port, b"GET / HTTP/1.1\r\n\r\n").status == 400
    assert exchange(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n").status == 400
    assert (
        exchange(port, b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").status
        == 404
    )


FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_can_ask_nothing(port, headers):
    assert post(port, "/api/export?format=csv", CLIPS, headers).status == 403
    assert ask(port, "/api/search?q=x", headers=headers).status == 403
    assert ask(port, "/api/video?id=lake", headers={**headers, "Sec-Fetch-Mode": "navigate"}).status == 403


def test_the_page_itself_may_ask_and_a_link_may_lead_to_it(port):
    same = {"Origin": f"http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}
    assert post(port, "/api/export?format=csv", CLIPS, same).status == 200
    assert ask(port, "/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status == 200
    assert ask(port, "/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}).status == 403


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_of_another_site_can_send_is_no_export(port, media_type):
    assert post(port, "/api/export?format=csv", CLIPS, {"Content-Type": media_type}).status == 415


def test_json_may_name_its_encoding(port):
    assert (
        post(port, "/api/export?format=csv", CLIPS, {"Content-Type": "Application/JSON; charset=utf-8"}).status == 200
    )


@pytest.mark.parametrize("size", [MOST_BODY + 1, 1_000_000, 50_000_000])
@pytest.mark.parametrize("method, target", [("POST", "/api/export?format=csv"), ("GET", "/api/search?q=x")])
def test_a_body_that_is_too_large_is_refused_and_the_client_gets_to_know(port, method, target, size):
    answer = ask(port, target, method, {"Content-Type": "application/json"}, b"x" * size)
    assert answer.status == 413 and answer.json["error"]


def test_a_body_in_pieces_of_no_declared_length_is_refused_too(port):
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked", "Content-Length": None}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    first = f"POST /api/export?format=csv HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n".encode()
    assert exchange(port, first + piece * 16 + b"0\r\n\r\n").status == 413


def test_who_asks_before_sending_too_much_need_not_send_it(port):
    headers = {"Content-Type": "application/json", "Expect": "100-continue", "Content-Length": "1000000"}
    assert ask(port, "/api/export?format=csv", "POST", headers).status == 413


@pytest.fixture(scope="module")
def guarded(search):
    """The service with a token; the value is its port."""
    with running(make_app(search, FakePosters(), HOSTS, "Wörd & more")) as number:
        yield number


TOKEN = "W%C3%B6rd%20%26%20more"


@pytest.mark.parametrize("target", ["/", "/page.js", "/api/about", "/api/search?q=x", "/api/video?id=lake", "/nowhere"])
def test_without_the_token_nothing_is_answered(guarded, target):
    for headers in ({}, {"Cookie": f"amdnet_{guarded}=x"}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer"}):
        answer = ask(guarded, target, headers=headers)
        assert answer.status == 401 and "token" in answer.json["error"]
    assert post(guarded, "/api/export?format=csv", CLIPS).status == 401


@pytest.mark.parametrize("token", ["", "x", "W%C3%B6rd", f"{TOKEN}x", "%ff%00", "W%25C3%25B6rd"])
def test_a_wrong_token_opens_nothing(guarded, token):
    answer = ask(guarded, f"/?token={token}")
    assert answer.status == 401 and "set-cookie" not in answer.headers


def test_the_first_visit_leaves_a_cookie_that_opens_the_page(guarded):
    first = ask(guarded, f"/?a=1&token={TOKEN}&b=%3Cb%3E")
    assert (first.status, first.headers["location"]) == (303, "/?a=1&b=%3Cb%3E")
    cookie, *attributes = first.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(attributes) and "W" not in cookie.partition("=")[2]
    assert ask(guarded, "/", headers={"Cookie": f"other=1; {cookie}"}).status == 200
    assert ask(guarded, "/api/about", headers={"Cookie": cookie}).status == 200
    assert ask(guarded, f"/api/about?token={TOKEN}").status == 401


def test_a_program_shows_the_token_in_a_header(search):
    with running(make_app(search, FakePosters(), HOSTS, "word")) as port:
        assert ask(port, "/api/about", headers={"Authorization": "bearer word"}).status == 200
        assert ask(port, "/api/about", headers={"Authorization": "Basic word"}).status == 401
        assert ask(port, "/?token=word", headers={"Host": "evil.example"}).status == 400
