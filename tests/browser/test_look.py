"""The page on every screen: narrow, dark, with little motion, for screen readers."""

from pathlib import Path

import pytest
from helpers.browsing import until

import pipeline.service

QUERY = "a dog runs into the water"
PAGE = Path(pipeline.service.__file__).parent / "page"


def empty(visited):
    visited.open()


def results(visited):
    visited.open()
    visited.ask(QUERY)


def playing(visited):
    results(visited)
    visited.play("trips/lake/dog.mp4")


def listed(visited):
    playing(visited)
    visited.page.keyboard.press("e")
    visited.page.click("#open-clips")


def keys(visited):
    results(visited)
    visited.page.locator(".card .play").first.focus()
    visited.page.keyboard.press("?")


def filtered(visited):
    visited.open(f"q={QUERY}&unusual=99")


def refused(visited):
    visited.open("q=!!!")
    visited.wrong.clear()


STATES = [empty, results, playing, listed, keys, filtered, refused]


def named(value):
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(
    ("state", "width"),
    [(state, width) for width in (390, 320) for state in STATES] + [(playing, 1300), (playing, 700), (listed, 700)],
    ids=named,
)
def test_no_state_is_wider_than_the_window(visit, state, width):
    visited = visit(width)
    state(visited)
    assert visited.fits()


@pytest.mark.parametrize(
    ("state", "width", "scheme"),
    [(state, *screen) for screen in ((1300, "light"), (390, "dark")) for state in STATES]
    + [(state, *screen) for screen in ((1300, "dark"), (390, "light")) for state in (playing, listed)],
    ids=named,
)
def test_nothing_serious_for_those_who_cannot_see_or_point(visit, axe, state, width, scheme):
    visited = visit(width, color_scheme=scheme)
    state(visited)
    visited.page.wait_for_timeout(300)
    visited.page.evaluate(axe)
    found = visited.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    serious = [
        f"{rule['id']}: {node['html'][:200]} {[check['message'] for check in node['any']]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"][:3]
    ]
    assert serious == []


def test_the_page_is_dark_where_the_system_is(visit):
    def paper(scheme):
        visited = visit(color_scheme=scheme).open()
        return visited.page.evaluate("getComputedStyle(document.body).backgroundColor")

    light, dark = ([int(part) for part in paper(scheme)[4:-1].split(",")] for scheme in ("light", "dark"))
    assert min(light) > 240 and max(dark) < 40


def test_the_player_opens_below_its_card_on_a_narrow_page(visit):
    visited = visit(390)
    results(visited)
    assert not visited.page.is_visible("#panel")
    visited.play("home/kitchen.mkv")
    boxes = [visited.page.locator(place).bounding_box() for place in (".card.chosen", "#panel")]
    assert 0 <= boxes[1]["y"] - (boxes[0]["y"] + boxes[0]["height"]) < 40
    stage = visited.page.locator("#stage").bounding_box()
    assert 0 <= stage["y"] and stage["y"] + stage["height"] <= 850, "it is in sight"


def test_a_window_that_grows_keeps_what_plays(visit):
    visited = visit(390)
    playing(visited)
    visited.page.set_viewport_size({"width": 1300, "height": 850})
    until(visited.plays)
    assert visited.page.inner_text("#panel-name") == "trips/lake/dog.mp4"

    def side_by_side() -> bool:
        cards, panel = (visited.page.locator(place).bounding_box() for place in ("#cards", "#panel"))
        return panel["x"] >= cards["x"] + cards["width"]

    until(side_by_side)


@pytest.mark.parametrize("width", [1300, 390])
def test_nothing_jumps_while_the_page_loads(visit, width):
    visited = visit(width)
    visited.page.add_init_script(
        "window.jumps = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
        " if (!entry.hadRecentInput) window.jumps += entry.value }).observe({type: 'layout-shift', buffered: true})"
    )
    visited.open(f"q={QUERY}&v=lake&t=24")
    visited.page.wait_for_timeout(1000)
    assert visited.page.evaluate("window.jumps") < 0.1


def test_little_motion_where_the_system_asks_for_it(visit):
    visited = visit(reduced_motion="reduce")
    playing(visited)
    assert visited.page.evaluate("getComputedStyle(document.getElementById('toast')).transitionProperty") == "none"


def test_what_was_found_is_said_to_a_screen_reader(visit):
    visited = visit().open()
    status = visited.page.locator("#status")
    assert status.get_attribute("role") == "status"
    visited.ask(QUERY)
    assert "15 of 15 videos" in status.inner_text()
    button = visited.page.locator(".card .play").first
    wanted = "1: 0:04–0:08 trips/lake/ dog.mp4 stands out 5.5 subtitles: “A dog runs into the water.”"
    assert wanted in visited.page.locator(".card").first.aria_snapshot()
    button.click()
    assert button.get_attribute("aria-current") == "true"


def test_the_page_is_small_and_holds_no_script_or_style_of_its_own():
    files = [path for path in PAGE.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 100_000
    text = (PAGE / "page.html").read_text(encoding="utf-8")
    assert "<style" not in text and " style=" not in text and "<script>" not in text and "onclick=" not in text
    scripts = "".join(path.read_text(encoding="utf-8") for path in files if path.suffix == ".js")
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://"):
        assert word not in scripts.replace("http://www.w3.org/2000/svg", ""), word


def test_every_module_is_loaded_at_once():
    text = (PAGE / "page.html").read_text(encoding="utf-8")
    modules = {path.name for path in PAGE.glob("*.js")} - {"page.js"}
    assert {name for name in modules if f'modulepreload" href="{name}"' in text} == modules
