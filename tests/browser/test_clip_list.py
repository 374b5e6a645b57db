"""The clip list and what it is exported as."""

import csv
import io
import json
from pathlib import Path

import opentimelineio
import pytest
from helpers.browsing import until

QUERY = "a dog runs into the water"


@pytest.fixture
def listed(visit):
    """A visitor with two clips in the open list."""
    visited = visit().open()
    visited.ask(QUERY)
    for name in ("trips/lake/dog.mp4", "home/Zoë"):
        visited.page.locator(".card", has_text=name).hover()
        visited.page.locator(".card", has_text=name).locator(".add").click()
    visited.page.click("#open-clips")
    return visited


def clip(visited, name):
    return visited.page.locator("#clips-list li", has_text=name)


def saved(visited, label):
    with visited.page.expect_download() as waiting:
        visited.page.locator("#export-buttons button", has_text=label).click()
    return waiting.value


def test_the_list_is_kept_over_a_reload(listed):
    assert listed.page.locator("#clips-list li").count() == 2
    listed.page.reload()
    assert listed.page.inner_text("#clip-count") == "2"
    listed.page.click("#open-clips")
    assert clip(listed, "dog.mp4").locator("input").first.input_value() == "4"


def test_a_moment_is_listed_once(listed):
    listed.page.keyboard.press("Escape")
    listed.page.locator(".card .play", has_text="trips/lake/dog.mp4").focus()
    listed.page.keyboard.press("e")
    assert listed.page.inner_text("#clip-count") == "2"
    assert "already" in listed.page.inner_text("#toast")


def test_start_and_end_are_edited_and_exported_as_csv(listed):
    start, end = clip(listed, "dog.mp4").locator("input").all()
    start.fill("3.25")
    start.press("Tab")
    end.fill("7.5")
    end.press("Tab")
    download = saved(listed, "CSV")
    assert download.suggested_filename == "clips.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.path()).read_text(encoding="utf-8-sig"))))
    assert len(rows) == 2
    assert "3.25" in rows[0].values() and "7.5" in {value.rstrip("0") for value in rows[0].values()}
    assert QUERY in rows[0].values()
    until(lambda: "Saved 2 clips as clips.csv." in listed.page.inner_text("#clips-says"))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (("9", "8"), "The end must come after the start."),
        (("-1", "8"), "The start lies before the video."),
        (("1", "99"), "The video is only 30 seconds long."),
        (("", "8"), "Start and end are numbers of seconds."),
    ],
)
def test_times_that_are_no_part_of_the_video_are_refused(listed, values, says):
    for field, value in zip(clip(listed, "dog.mp4").locator("input").all(), values, strict=True):
        field.fill(value)
        field.press("Tab")
    assert says in clip(listed, "dog.mp4").locator("[role=alert]").inner_text()
    kept = json.loads(listed.page.evaluate("localStorage.getItem('amdnet.clips')"))[0]
    assert 0 <= kept["start"] < kept["end"] <= 30


def test_the_export_for_editors_is_a_timeline_of_the_clips(listed, tmp_path):
    download = saved(listed, "OpenTimelineIO")
    path = tmp_path / download.suggested_filename
    download.save_as(path)
    timeline = opentimelineio.adapters.read_from_file(str(path))
    times = [round(found.source_range.duration.to_seconds(), 2) for found in timeline.find_clips()]
    assert times == [4.0, pytest.approx(4.0, abs=0.1)]
    assert b"<fcpxml" in Path(saved(listed, "Final Cut").path()).read_bytes()
    assert b"TITLE:" in Path(saved(listed, "EDL").path()).read_bytes()


def test_clips_are_removed_one_by_one_and_all_at_once(listed):
    listed.page.get_by_role("button", name="Remove home/Zoë").click()
    assert listed.page.locator("#clips-list li").count() == 1
    assert "removed" in listed.page.inner_text("#clips-says")
    listed.page.click("#clips-clear")
    assert listed.page.is_visible("#clips-empty")
    assert listed.page.inner_text("#clip-count") == "0"


def test_a_clip_opens_its_moment(listed):
    listed.page.keyboard.press("Escape")
    listed.page.fill("#query", "")
    listed.page.press("#query", "Enter")
    listed.page.click("#open-clips")
    clip(listed, "dog.mp4").locator("a").click()
    until(lambda: listed.page.inner_text("#panel-name") == "trips/lake/dog.mp4")
    assert listed.state() == {"q": QUERY, "v": "lake", "t": "4"}


def test_an_export_that_fails_says_why_and_saves_nothing(listed):
    listed.page.evaluate(
        "localStorage.setItem('amdnet.clips', JSON.stringify([{id: 'gone', name: 'gone', duration: 9, start: 1,"
        " end: 2, label: ''}]))"
    )
    listed.page.reload()
    listed.page.click("#open-clips")
    listed.page.locator("#export-buttons button").first.click()
    until(lambda: "no video with this id" in listed.page.inner_text("#clips-says"))
    assert set(listed.wrong) == {"404"}
    listed.wrong.clear()


def test_a_kept_list_that_is_damaged_is_left_out(visit):
    visited = visit().open()
    for kept in ("{", "7", '[null, 7, {"id": 3}, {"id": "x", "name": "x", "label": "", "start": "1"}]'):
        visited.page.evaluate("kept => localStorage.setItem('amdnet.clips', kept)", kept)
        visited.page.reload()
        assert visited.page.inner_text("#clip-count") == "0"
