"""The files of the page."""

import asyncio
from types import SimpleNamespace

import pytest
from helpers.web import ask

from pipeline.service.static import PAGE, page_files


def test_every_file_of_the_page_is_served_as_what_it_is(port):
    kinds = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
    for path in PAGE.iterdir():
        answer = ask(port, "/" if path.name == "page.html" else f"/{path.name}")
        assert (answer.status, answer.body) == (200, path.read_bytes())
        assert answer.headers["content-type"] == f"{kinds[path.suffix]}; charset=utf-8"


def test_a_file_that_the_browser_has_is_not_sent_again(port):
    first = ask(port, "/page.js")
    again = ask(port, "/page.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"") and first.headers["cache-control"] == "no-cache"
    assert ask(port, "/page.js", headers={"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize("target", ["/../app.py", "/%2e%2e/app.py", "/page/page.js", "/page.js%00.css", "/PAGE.JS"])
def test_nothing_else_is(port, target):
    assert ask(port, target).status == 404


def test_other_files_in_the_folder_are_not_served_and_the_files_are_read_once(tmp_path):
    (tmp_path / "page.html").write_text("first")
    (tmp_path / "notes.txt").write_text("nobody's business")
    files = page_files(tmp_path)
    (tmp_path / "page.html").unlink()
    assert list(files) == ["/"]
    assert asyncio.run(files["/"](SimpleNamespace(headers={}))).body == b"first"
