"""From a first look at all videos to a sentence in the file of queries, with the mouse and with keys alone."""

import json
import shutil

import pytest
from helpers.browsing import Visit, until
from helpers.searching import FakeSearch
from helpers.web import HOSTS, running

from pipeline.annotations.common.own_videos import read_queries
from pipeline.search.results import IndexedVideo
from pipeline.service.app import make_app
from pipeline.service.notebook import Notebook
from pipeline.service.posters import Posters

FIRST = '{"vid_name": "dog", "desc": "A bar moves to the right."}'


@pytest.fixture(scope="module")
def source(search, tmp_path_factory):
    """A folder of two videos of a user's own, one of which has a sentence, in a line without an end."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "videos").mkdir()
    for video_id, name in (("lake", "dog"), ("kitchen", "kitchen")):
        path = search.video(video_id).path
        shutil.copyfile(path, folder / "videos" / f"{name}{path.suffix}")
    return folder


@pytest.fixture
def queries(source):
    (source / "queries.jsonl").write_text(FIRST)
    return source / "queries.jsonl"


@pytest.fixture
def write(browser, source, queries):
    """write(width=1300) opens the page of a server that writes."""
    videos = [
        IndexedVideo("dog", "dog.mp4", source / "videos" / "dog.mp4", 30.0),
        IndexedVideo("kitchen", "kitchen.mkv", source / "videos" / "kitchen.mkv", 61.28),
    ]
    visits = []
    with running(make_app(FakeSearch(videos), Posters(), HOSTS, None, Notebook(source, by_path=False))) as port:

        def start(width=1300, **options):
            context = browser.new_context(viewport={"width": width, "height": 850}, **options)
            visits.append((context, Visit(context, f"http://127.0.0.1:{port}/")))
            return visits[-1][1]

        yield start
        for context, _ in visits:
            context.close()
    assert [wrong for _, visited in visits for wrong in visited.wrong] == []


def rows(queries):
    return [json.loads(line) for line in queries.read_text().splitlines()]


@pytest.mark.parametrize("width", [1300, 390])
def test_a_moment_is_marked_on_the_player_and_its_sentence_saved(write, source, queries, width):
    page = write(width).open().page
    page.locator(".card .play", has_text="kitchen").click()
    until(lambda: page.is_visible("#note"))
    assert page.input_value("#note [name=start]") == ""  # of a whole video no moment is offered
    page.press("#strip", "Home")
    for _ in range(3):
        page.press("#strip", "ArrowRight")
    page.click("#note-start")
    page.press("#strip", "PageUp")
    page.click("#note-end")
    page.fill("#note [name=text]", 'She cuts "an onion", ünd cries.')
    page.click("#note-save")
    until(lambda: "Saved: this video has 1 sentence now" in page.inner_text("#note-says"))
    assert page.input_value("#note [name=text]") == ""
    first, new = rows(queries)
    assert first == json.loads(FIRST) and (new["vid_name"], new["desc"]) == (
        "kitchen",
        'She cuts "an onion", ünd cries.',
    )
    start, end = new["ts"]
    assert 2.5 < start < 4 < end < 12
    annotations = read_queries(source, by_path=False)
    assert annotations.refused == [] and [query.query_id for query in annotations.queries] == ["dog#0", "kitchen#0"]


def test_keys_alone_do_it_too(write, queries):
    visited = write()
    page = visited.open().page
    page.locator(".card .play").first.focus()
    page.keyboard.press("Enter")
    until(visited.plays)
    page.keyboard.press("i")
    page.locator("#strip").focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("o")
    page.locator("#note [name=text]").focus()
    page.keyboard.type("A bar io moves.")
    page.keyboard.press("Enter")
    until(lambda: "has 2 sentences now" in page.inner_text("#note-says"))
    assert rows(queries)[1]["desc"] == "A bar io moves."


def test_the_moment_of_a_hit_is_offered_and_what_is_no_sentence_refused(write, queries):
    visited = write()
    page = visited.open("q=dog").page
    until(lambda: page.is_visible("#note"))
    assert float(page.input_value("#note [name=end]")) > float(page.input_value("#note [name=start]"))
    page.fill("#note [name=text]", "?!")
    page.click("#note-save")
    until(lambda: page.inner_text("#note-says") == "Write a sentence that says what happens.")
    page.fill("#note [name=text]", "A dog.")
    page.fill("#note [name=end]", "0")
    page.click("#note-save")
    until(lambda: "must end after its start" in page.inner_text("#note-says"))
    visited.wrong.clear()
    assert queries.read_text() == FIRST and page.input_value("#note [name=text]") == "A dog."


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 390])
def test_everybody_can_use_it(write, axe, width, scheme):
    visited = write(width, color_scheme=scheme)
    page = visited.open().page
    page.locator(".card .play").first.click()
    until(lambda: page.is_visible("#note"))
    assert visited.fits()
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []


def test_without_write_there_is_no_form(visit):
    visited = visit().open()
    visited.page.locator(".card .play", has_text="kitchen").click()
    until(visited.plays)
    assert not visited.page.is_visible("#note")
    visited.page.keyboard.press("?")
    assert not visited.page.is_visible("dialog .writes")


def test_a_first_look_shows_every_video_with_pictures_from_start_to_end(visit):
    visited = visit().open()
    page = visited.page
    until(lambda: len(visited.names()) == 15)
    assert "15 videos, by name" in page.inner_text("#status")
    card = page.locator(".card", has_text="kitchen")
    pictures = card.locator("img")
    assert pictures.count() == 4 and "1:02" in card.inner_text()
    seconds = [
        float(src.partition("&t=")[2].partition("&")[0]) for src in pictures.evaluate_all("all => all.map(i => i.src)")
    ]
    assert seconds == [7.66, 22.98, 38.3, 53.62]
    card.locator(".play").click()
    until(visited.plays)
    assert visited.state()["v"] == "kitchen" and not page.is_visible("#standing")
    page.reload()
    until(lambda: page.inner_text("#panel-name") == "home/kitchen.mkv")
    page.fill("[name=longest]", "10")
    page.press("[name=longest]", "Enter")
    until(lambda: len(visited.names()) == 1)


def test_more_videos_than_fit_come_in_steps(browser, search):
    many = [IndexedVideo(f"v{k:02}", f"v{k:02}.mp4", None, 10.0) for k in range(45)]
    with running(make_app(FakeSearch(many), Posters(), HOSTS)) as port:
        context = browser.new_context()
        visited = Visit(context, f"http://127.0.0.1:{port}/").open()
        for count in (20, 40, 45):
            until(lambda count=count: len(visited.names()) == count)
            assert visited.page.is_visible("#more") == (count < 45)
            if count < 45:
                visited.page.click("#more")
        assert visited.names() == [f"v{k:02}.mp4" for k in range(45)] and visited.wrong == []
        context.close()
