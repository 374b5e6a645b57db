"""What the page shows for a query, and how its address tells it."""

import json
import urllib.parse
import urllib.request

import pytest
from helpers.browsing import until

from pipeline.search.plain_text import one_line

QUERY = "a dog runs into the water"


def answer(address, **asked):
    with urllib.request.urlopen(f"{address}api/search?{urllib.parse.urlencode(asked)}") as response:
        return json.load(response)


def hits(address, **asked):
    return [" ".join(one_line(hit["name"]).split()) for hit in answer(address, **asked)["hits"]]


def shown(visited):
    return [" ".join(name.split()) for name in visited.names()]


def test_the_cards_are_the_hits_in_their_order(visit, address):
    visited = visit().open()
    visited.ask(QUERY)
    assert shown(visited) == hits(address, q=QUERY)
    best = answer(address, q=QUERY)["hits"][0]
    card = visited.page.locator(".card").first
    assert card.locator(".when").inner_text() == "0:04–0:08"
    assert (best["start"], best["end"]) == (4, 8)
    assert card.locator(".number").inner_text() == f"{best['unusual']:.1f}"
    assert best["subtitle"] in card.locator(".said").inner_text()
    assert "15 of 15 videos" in visited.page.inner_text("#status")


def test_a_poster_is_a_picture_of_the_moment(visit):
    visited = visit().open(f"q={QUERY}")
    image = visited.page.locator(".card", has_text="trips/lake/dog.mp4").locator("img")
    assert "t=6.00" in image.get_attribute("src")
    until(lambda: image.evaluate("image => image.complete && image.naturalWidth > 0"))


@pytest.mark.parametrize(
    ("name", "value", "asked"),
    [("folder", "trips/lake", "folder"), ("shortest", "29.5", "shortest"), ("longest", "12.5", "longest")],
)
def test_a_filter_searches_again(visit, address, name, value, asked):
    visited = visit().open(f"q={QUERY}")
    field = visited.page.locator(f"#filters [name={name}]")
    with visited.page.expect_response(lambda got: "/api/search" in got.url):
        if name == "folder":
            field.select_option(value)
        else:
            field.fill(value)
            field.press("Enter")
    wanted = hits(address, q=QUERY, **{asked: value})
    until(lambda: shown(visited) == wanted)
    assert 0 < len(wanted) < 15
    assert visited.state()[name] == value
    visited.page.click("#clear-filters")
    until(lambda: len(visited.names()) == 15)


def test_the_filter_of_unusualness_may_leave_nothing(visit):
    visited = visit().open(f"q={QUERY}&unusual=99")
    assert "No video passes the filters." in visited.page.inner_text("#notices")
    visited.page.click("#notices button")
    until(lambda: len(visited.names()) == 15)


def test_a_deep_link_shows_the_video_at_the_second(visit):
    visited = visit().open(f"q={QUERY}&v=kitchen&t=33.5")
    assert visited.page.inner_text("#panel-name") == "home/kitchen.mkv"
    assert visited.second() == pytest.approx(33.5, abs=2)
    assert visited.page.input_value("#query") == QUERY


def test_back_and_forward_walk_over_what_was_chosen(visit):
    visited = visit().open()
    visited.ask(QUERY)
    visited.play("trips/lake/dog.mp4")
    visited.play("birthday")
    assert visited.state()["v"] == "zoë"
    visited.page.go_back()
    until(lambda: visited.page.inner_text("#panel-name") == "trips/lake/dog.mp4")
    assert visited.state()["v"] == "lake"
    visited.page.go_back()
    visited.page.go_back()
    visited.page.wait_for_selector("#start:not([hidden])")
    until(lambda: visited.page.inner_text("#status") == "15 videos, by name")
    assert visited.page.locator(".stands").count() == 0
    visited.page.go_forward()
    until(lambda: visited.page.locator(".stands").count() == 15)


def test_a_link_to_a_video_that_is_no_hit_says_so(visit):
    visited = visit().open(f"q={QUERY}&k=3&v=<b>absent</b>")
    assert "The video of this link, <b>absent</b>, is not among the hits." in visited.page.inner_text("#notices")
    assert len(visited.names()) == 3


def test_more_hits_are_shown_on_demand(visit):
    visited = visit().open(f"q={QUERY}&k=5")
    assert len(visited.names()) == 5
    visited.page.click("#more")
    until(lambda: len(visited.names()) == 15)
    assert visited.state()["k"] == "25"


def test_whether_something_fits_is_said_only_where_it_is_known(visit, search, monkeypatch):
    says = "Nothing fits this sentence well."
    for fits, said in ((True, False), (False, True), (None, False)):
        monkeypatch.setattr(search, "fits", fits)
        visited = visit().open(f"q={QUERY}")
        assert len(visited.names()) == 15
        assert (says in visited.page.inner_text("#notices")) == said


def test_a_query_that_is_cut_is_told_so(visit):
    visited = visit().open(f"q={'word ' * 23}")
    assert "3 tokens longer than the model reads" in visited.page.inner_text("#notices")


def test_random_weights_are_named_where_there_are_some(visit, search, monkeypatch):
    visited = visit().open()
    assert "Random weights" not in visited.page.inner_text("body")
    monkeypatch.setattr(search, "random_weights", ["slowfast"])
    visited = visit().open()
    assert "Random weights: slowfast." in visited.page.inner_text("#facts")
    assert visited.page.is_visible("#random")


def test_the_last_queries_are_offered_and_forgotten(visit):
    visited = visit().open()
    visited.ask("an onion")
    visited.ask("blows out the candles")
    visited.page.fill("#query", "")
    visited.page.click("#query")
    assert visited.page.locator("#recent-list li").all_text_contents() == ["blows out the candles", "an onion"]
    visited.page.press("#query", "ArrowDown")
    visited.page.press("#query", "ArrowDown")
    visited.page.press("#query", "Enter")
    until(lambda: visited.state()["q"] == "an onion")
    visited.page.fill("#query", "")
    visited.page.click("#query")
    visited.page.click("#forget")
    visited.page.reload()
    visited.page.click("#query")
    assert not visited.page.is_visible("#recent")


def test_a_browser_that_keeps_nothing_still_searches(visit):
    visited = visit()
    visited.page.add_init_script(
        "Storage.prototype.setItem = Storage.prototype.getItem = () => { throw new Error('no') }"
    )
    visited.open()
    visited.ask(QUERY)
    assert len(visited.names()) == 15


def test_an_error_of_the_server_is_a_sentence_with_a_second_try(visit):
    visited = visit().open("q=!!!")
    assert "The query has no word" in visited.page.inner_text("[role=alert]")
    assert visited.wrong.pop() == "422"
    visited.page.fill("#query", QUERY)
    visited.page.press("#query", "Enter")
    until(lambda: len(visited.names()) == 15)
    assert not visited.page.locator("[role=alert]").count()


def test_a_server_that_is_gone_is_a_sentence_with_a_second_try(visit):
    visited = visit().open(f"q={QUERY}")
    visited.page.route("**/api/search*", lambda route: route.abort())
    visited.page.fill("#query", "an onion")
    visited.page.press("#query", "Enter")
    visited.page.wait_for_selector("[role=alert]")
    assert "The server does not answer." in visited.page.inner_text("[role=alert]")
    visited.page.unroute("**/api/search*")
    visited.page.click("[role=alert] button")
    until(lambda: len(visited.names()) == 15)


def test_a_server_that_is_gone_at_the_start_is_asked_again(visit):
    visited = visit()
    visited.page.route("**/api/about", lambda route: route.abort())
    visited.open(f"q={QUERY}")
    assert "The server does not answer." in visited.page.inner_text("[role=alert]")
    visited.page.unroute("**/api/about")
    visited.page.click("[role=alert] button")
    until(lambda: len(visited.names()) == 15)


def test_an_answer_that_comes_late_does_not_replace_a_newer_one(visit):
    visited = visit().open()
    held = []
    visited.page.route("**/api/search?q=slow*", lambda route: held.append(route))
    visited.page.fill("#query", "slow")
    visited.page.press("#query", "Enter")
    until(lambda: visited.page.evaluate("true") and held)
    visited.ask(QUERY)
    first = visited.names()
    held[0].abort()
    visited.page.wait_for_timeout(300)
    assert visited.names() == first
    assert not visited.page.locator("[role=alert]").count()


def test_a_card_of_the_last_query_is_not_taken_for_a_hit_of_the_next(visit):
    visited = visit().open()
    visited.ask(QUERY)
    held = []
    visited.page.route("**/api/search?q=slow*", lambda route: held.append(route))
    visited.page.fill("#query", "slow")
    visited.page.press("#query", "Enter")
    visited.page.locator(".card .play").nth(1).click()
    until(lambda: visited.page.evaluate("true") and held)
    assert visited.state() == {"q": "slow"}
    held[0].continue_()
    until(lambda: visited.page.get_attribute("#results", "aria-busy") is None)
    assert not visited.page.locator(".notice").count()
