"""What plays: the moment, in a loop, from a file or a stream."""

import math
from dataclasses import replace

import pytest
from helpers.browsing import until

from pipeline.search.results import Moment

QUERY = "a dog runs into the water"


def samples(visited, seconds):
    """The seconds of the video at which the page is, over a while."""
    found = []
    for _ in range(int(seconds * 10)):
        visited.page.wait_for_timeout(100)
        found.append(visited.page.evaluate("document.getElementById('video').currentTime"))
    return found


def test_a_click_plays_the_moment_in_a_loop(visit):
    visited = visit().open()
    visited.ask(QUERY)
    visited.play("trips/lake/dog.mp4")
    visited.page.locator("#strip").press("ArrowRight")
    visited.page.locator("#strip").press("ArrowRight")
    seen = samples(visited, 3)
    assert all(3.9 <= second <= 8.3 for second in seen)
    assert any(later < earlier - 3 for earlier, later in zip(seen, seen[1:], strict=False)), "it came back to the start"


def test_a_video_does_not_wait_for_the_pictures_of_the_cards(visit):
    visited = visit()
    visited.page.route("**/api/poster?*", lambda route: None)  # they never come
    visited.open()
    visited.ask(QUERY)
    images = visited.page.locator(".card img").count()
    held = []
    visited.page.route("**/api/video?*", lambda route: held.append(route) if not held else route.continue_())
    visited.page.locator(".card .play").first.click()
    until(lambda: visited.page.locator(".card img:not([src])").count() == images and held)
    held[0].continue_()
    until(visited.plays)
    assert visited.page.locator(".card img[src]").count() == images, "now they are asked for again"


def test_out_of_the_loop_it_goes_on(visit):
    visited = visit().open()
    visited.ask(QUERY)
    visited.play("trips/lake/dog.mp4")
    visited.page.locator("#strip").press("ArrowRight")
    visited.page.locator("#strip").press("ArrowRight")
    visited.page.click("#loop")
    assert visited.page.get_attribute("#loop", "aria-pressed") == "false"
    until(lambda: visited.second() > 8.5)


def test_a_click_on_the_strip_seeks(visit):
    visited = visit().open()
    visited.ask(QUERY)
    visited.play("trips/lake/dog.mp4")
    box = visited.page.locator("#strip").bounding_box()
    visited.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 20)
    until(lambda: 15 <= visited.second() <= 18)
    assert visited.page.get_attribute("#loop", "aria-pressed") == "false"
    assert float(visited.state()["t"]) == pytest.approx(15, abs=0.5)


def test_the_strip_is_a_slider(visit):
    visited = visit().open(f"q={QUERY}&v=lake&t=24")
    strip = visited.page.locator("#strip")
    assert strip.get_attribute("role") == "slider"
    assert strip.get_attribute("aria-valuemax") == "30.0"
    strip.press("Home")
    until(lambda: visited.second() < 3)
    strip.press("PageUp")
    until(lambda: 3 <= visited.second() < 7)
    strip.press("End")
    until(lambda: visited.second() > 29)
    assert "of 0:30" in strip.get_attribute("aria-valuetext")


def test_the_strip_draws_every_clip_and_every_moment(visit):
    visited = visit().open(f"q={QUERY}&v=lake")
    assert visited.page.locator("#curve path.line").get_attribute("d").count("L") == 2 * 15 - 1
    assert visited.page.locator(".moment").count() == 3
    assert visited.page.locator(".moment.chosen").count() == 1


def test_another_moment_of_the_video_plays(visit):
    visited = visit().open()
    visited.ask(QUERY)
    visited.play("trips/lake/dog.mp4")
    buttons = visited.page.locator("#moments button")
    assert buttons.count() == 3
    minutes, _, rest = buttons.nth(1).inner_text().partition("–")[0].partition(":")
    start = 60 * int(minutes) + int(rest)
    buttons.nth(1).click()
    until(lambda: start <= visited.second() <= start + 4)
    assert buttons.nth(1).get_attribute("aria-pressed") == "true"
    assert all(start - 0.1 <= second <= start + 4.3 for second in samples(visited, 1.5))


def test_the_lines_of_that_time_are_shown(visit):
    visited = visit().open(f"q={QUERY}&v=lake&t=24")
    until(lambda: visited.page.inner_text("#lines") == "It swims back.")
    visited.page.locator("#strip").press("Home")
    until(lambda: visited.page.inner_text("#lines") == "A dog runs into the water.")
    visited.page.locator(".card .play", has_text="dog (2)").click()
    until(lambda: visited.page.inner_text("#lines") == "This video has no subtitles.")


def test_an_mkv_plays_as_a_stream_in_its_own_time(visit):
    visited = visit().open()
    visited.ask(QUERY)
    visited.play("home/kitchen.mkv")
    hit = visited.page.locator(".card", has_text="kitchen").locator(".when").inner_text()
    minutes, _, rest = hit.partition("–")[0].partition(":")
    start = 60 * int(minutes) + int(rest)
    assert start > 10, "the moment lies well after the start of the file"
    assert "api/stream?" in visited.page.get_attribute("#video", "src")
    first = visited.second()
    until(lambda: visited.second() > first + 1)
    assert start - 0.3 <= visited.second() <= start + 4.3
    visited.page.locator("#strip").press("Home")
    until(lambda: 0 < visited.second() < 5 and visited.plays())


def test_a_hit_without_a_moment_is_the_whole_video(visit, search, monkeypatch):
    found = type(search).search

    def without_moments(self, *asked):
        results = found(self, *asked)
        return replace(
            results, hits=tuple(replace(hit, moments=(Moment(0.0, 0.0, -math.inf),)) for hit in results.hits)
        )

    monkeypatch.setattr(type(search), "search", without_moments)
    visited = visit().open()
    visited.ask(QUERY)
    assert visited.page.locator(".card .when").first.inner_text() == "whole video"
    visited.play("home/Zoë")
    assert visited.page.locator("#moments button").all_inner_texts() == ["whole video"]
    for _ in range(8):
        visited.page.locator("#strip").press("PageUp")
    until(lambda: visited.second() > 7)
    until(lambda: visited.second() < 2)  # it is looped


def test_a_video_without_a_file_is_shown_but_not_played(visit):
    visited = visit().open("q=nothing can be played&v=no file")
    assert "No file of this video was found" in visited.page.inner_text("#stage-says")
    assert visited.page.is_disabled("#play")
    assert not visited.page.get_attribute("#video", "src")
    assert visited.page.locator(".card .no-picture").first.inner_text() == "no video file"


@pytest.mark.parametrize(("name", "asked"), [("trips/lake/dog.mp4", "video"), ("home/kitchen.mkv", "stream")])
def test_a_video_that_does_not_come_is_a_sentence_with_a_second_try(visit, name, asked):
    visited = visit().open()
    visited.ask(QUERY)
    for path in ("video", "stream"):
        visited.page.route(f"**/api/{path}?*", lambda route: route.abort())
    visited.page.locator(".card .play", has_text=name).click()
    visited.page.wait_for_selector("#stage-says button")
    assert "The server does not answer." in visited.page.inner_text("#stage-says")
    visited.page.unroute_all()
    visited.page.click("#stage-says button")
    until(visited.plays)
    assert f"api/{asked}?" in visited.page.get_attribute("#video", "src")
    assert not visited.page.is_visible("#stage-says")


def test_a_video_whose_file_was_moved_says_so(visit, search):
    visited = visit().open()
    visited.ask(QUERY)
    path = search.video("lake_2").path
    path.rename(path.with_suffix(".moved"))
    visited.page.locator(".card .play", has_text="dog (2)").click()
    visited.page.wait_for_selector("#stage-says button")
    says = visited.page.inner_text("#stage-says")
    path.with_suffix(".moved").rename(path)
    assert "not where" in says and "/" not in says
    visited.page.click("#stage-says button")
    until(visited.plays)
    visited.wrong[:] = [wrong for wrong in visited.wrong if wrong != "404"]


def test_nothing_plays_with_sound_before_a_click_or_a_key(visit):
    visited = visit().open(f"q={QUERY}")
    visited.page.wait_for_timeout(500)
    assert visited.page.inner_text("#panel-name")
    assert visited.page.evaluate("document.getElementById('video').paused")
    assert not visited.page.get_attribute("#video", "src"), "nothing is loaded of a video that nobody chose"
