"""The page in a browser, as a file: its table sorts and filters, videos play from where it lies, and it fits."""

import os
import shutil
from pathlib import Path

import pytest
from helpers.browsing import chromium, until
from helpers.videos import grey_frames, write_video

from pipeline.core.files import read_jsonl, sha256_text, write_jsonl
from pipeline.report.page import render
from pipeline.video.params import DecodeParams

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def report(outputs, monkeypatch):
    """A report of sixty queries; the file of the video `here` plays in browsers, and lies below the project."""
    project = outputs.parent
    monkeypatch.setenv("DVC_ROOT", str(project))
    write_video(project / "clips" / "here#1.mp4", grey_frames(40), fps=10)
    manifest = outputs / "manifest" / "videos.jsonl"
    row, gone = read_jsonl(manifest)
    many = [{**gone, "video_id": f"more{n}", "sha256": sha256_text(f"{n}"), "splits": ["train"]} for n in range(60)]
    write_jsonl(manifest, [{**row, "path": "clips/here#1.mp4"}, gone, *many])
    rankings = outputs / "evaluation" / "rankings_test.jsonl"
    first, second, third, fourth = read_jsonl(rankings)
    more = [{**second, "query_id": f"more{n}", "rank": 2 + n, "text": f"number {n}"} for n in range(56)]
    write_jsonl(rankings, [first, second, third, fourth, *more])
    path = outputs / "report.html"
    path.write_text(render(outputs, 4, LIMITS), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser, report):
    """Opens the report in a window of so many pixels; no script, and no rule of the page, may have been broken."""
    contexts, wrong = [], []

    def start(width=1300, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": 850}, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(report.as_uri())
        return page

    yield start
    for context in contexts:
        context.close()
    assert [words for words in wrong if "ERR_FILE_NOT_FOUND" not in words] == []


def column(page, number):
    return page.locator(f"#query-table tbody td:nth-child({number})").all_text_contents()


def test_the_table_of_queries_sorts_filters_and_turns_pages(visit):
    page = visit()
    assert column(page, 3)[:4] == ["1", "1", "2", "2"] and len(column(page, 3)) == 25
    page.get_by_role("button", name="Rank").click()
    assert column(page, 3)[0] == "57" and page.locator("th[aria-sort=descending]").inner_text().startswith("Rank")
    page.get_by_role("button", name="Next").click()
    assert page.locator("#query-pages span").inner_text() == "26 to 50"
    page.fill("#query-words", "SITS down")
    assert column(page, 1) == ["someone sits downquery2"] and not page.is_visible("#query-pages")
    page.fill("#query-words", "")
    page.select_option("#query-outcome", label="own video first, IoU below 0.5")
    assert column(page, 1) == ["a dog barksquery3"] and page.inner_text("#query-count") == "1 of 60"


def test_text_of_users_stays_text(visit):
    page = visit()
    page.fill("#query-words", "alert")
    assert column(page, 1) == ["<script>alert('query')</script>query1, said"]


def test_a_moment_plays_where_its_file_can_be_read_and_else_there_is_its_link(visit):
    page = visit()
    page.fill("#query-words", "query1")
    page.locator("#query-table a.play").click()
    until(lambda: page.evaluate("(() => { const v = document.querySelector('video'); return v.readyState > 2 })()"))
    assert page.evaluate("document.querySelector('video').currentTime") >= 1.0
    page.get_by_role("button", name="Close").click()
    page.fill("#query-words", "query2")
    page.locator("#query-table a.play").click()
    until(lambda: page.is_visible("dialog .note"))
    assert not page.is_visible("video") and page.get_attribute("dialog a", "href").endswith("gone.mp4#t=1,2")


def test_all_videos_are_looked_through_a_part_at_a_time(visit):
    page = visit()
    cards = page.locator("#video-cards li")
    assert cards.count() == 24 and page.locator("#video-cards img").count() == 1
    page.click("#video-more")
    assert cards.count() == 62 and not page.is_visible("#video-more")
    page.select_option("#video-split", "test")
    assert cards.all_inner_texts()[0].startswith("here\ntest · 0:04.0 · 2 queries")
    page.fill("#video-words", "GON")
    assert cards.count() == 1


@pytest.mark.parametrize("width", [390, 1300])
def test_the_page_is_no_wider_than_its_window_and_says_what_scrolls(visit, width):
    page = visit(width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    scrolling = "[...document.querySelectorAll('.wide')].filter((one) => one.scrollWidth > one.clientWidth)"
    assert page.evaluate(f"{scrolling}.every((one) => one.matches('.scrolls[tabindex]'))")
    assert bool(page.evaluate(f"{scrolling}.length")) == (width == 390)
    assert page.locator(".lanes .when", has_text="1.0–2.0 s").first.is_visible(), "times stay"


@pytest.mark.parametrize("width", [390, 1300])
def test_what_to_search_for_is_told_in_full(visit, width):
    page = visit(width)
    for field in page.locator(".tools input").all():
        field.fill(field.get_attribute("placeholder"))
        assert field.evaluate("it => it.scrollWidth <= it.clientWidth")


def test_examples_are_as_far_apart_below_each_other_as_beside(visit):
    below = (
        visit()
        .locator(".examples")
        .first.evaluate("it => it.getBoundingClientRect().bottom - it.lastElementChild.getBoundingClientRect().bottom")
    )
    assert below == 0


@pytest.mark.parametrize(("width", "scheme"), [(1300, "dark"), (390, "light")])
def test_nothing_serious_for_those_who_cannot_see_or_point(visit, width, scheme):
    if not (axe := os.environ.get("AMDNET_AXE")):
        pytest.skip("AMDNET_AXE does not name axe.min.js of the npm package axe-core")
    page = visit(width, color_scheme=scheme, bypass_csp=True)
    page.add_script_tag(path=axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    serious = [
        (rule["id"], rule["nodes"][0]["html"][:200]) for rule in found if rule["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_a_report_that_was_copied_away_still_opens(visit, report, browser, tmp_path):
    copied = Path(shutil.copy(report, tmp_path / "elsewhere.html"))
    page = visit()
    page.goto(copied.as_uri())
    assert len(column(page, 3)) == 25
