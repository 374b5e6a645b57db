"""The page by the keyboard alone."""

from helpers.browsing import until

QUERY = "a dog runs into the water"


def on(visited):
    """What has the focus: the number of a card, or an id."""
    return visited.page.evaluate(
        "(() => { const a = document.activeElement, cards = [...document.querySelectorAll('.card')];"
        "const at = cards.findIndex(card => card.contains(a)); return at < 0 ? a.id : at })()"
    )


def test_a_moment_is_found_played_looped_and_listed_by_keys_alone(visit):
    visited = visit().open()
    keys = visited.page.keyboard
    assert on(visited) == "query"
    keys.type(QUERY)
    keys.press("Enter")
    visited.page.wait_for_selector(".card:not(.grey)")
    keys.press("ArrowDown")
    assert on(visited) == 0
    keys.press("ArrowRight")
    assert on(visited) == 1
    keys.press("ArrowDown")
    assert on(visited) == 3
    keys.press("ArrowUp")
    keys.press("ArrowLeft")
    keys.press("Enter")
    until(visited.plays)
    assert visited.state()["v"] == "lake"
    assert on(visited) == 0, "the focus stays on the card"
    keys.press("l")
    assert visited.page.get_attribute("#loop", "aria-pressed") == "false"
    keys.press("l")
    assert visited.page.get_attribute("#loop", "aria-pressed") == "true"
    keys.press("Space")
    until(lambda: visited.page.evaluate("document.getElementById('video').paused"))
    keys.press("Space")
    until(visited.plays)
    keys.press("e")
    assert visited.page.inner_text("#clip-count") == "1"
    keys.press("ArrowRight")
    keys.press("e")
    assert visited.page.inner_text("#clip-count") == "2", "of the card that has the focus"
    keys.press("ArrowUp")
    assert on(visited) == "query"


def test_space_pauses_wherever_the_focus_is_on_the_cards(visit):
    visited = visit().open()
    visited.ask(QUERY)
    visited.play("trips/lake/dog.mp4")
    visited.page.keyboard.press("ArrowRight")
    visited.page.keyboard.press("Space")
    until(lambda: visited.page.evaluate("document.getElementById('video').paused"))
    assert visited.state()["v"] == "lake"


def test_slash_goes_to_the_box_and_letters_typed_there_are_text(visit):
    visited = visit().open(f"q={QUERY}")
    visited.page.locator(".card .play").nth(3).focus()
    visited.page.keyboard.press("/")
    assert on(visited) == "query"
    visited.page.keyboard.type("l e ? /")
    assert visited.page.input_value("#query") == "l e ? /"
    assert visited.page.inner_text("#clip-count") == "0"
    assert not visited.page.locator("dialog[open]").count()


def test_the_question_mark_shows_the_keys_and_escape_hides_them(visit):
    visited = visit().open(f"q={QUERY}")
    visited.page.locator(".card .play").first.focus()
    visited.page.keyboard.press("?")
    assert visited.page.is_visible("#keys")
    visited.page.keyboard.press("Escape")
    assert not visited.page.is_visible("#keys")
    assert on(visited) == 0


def test_keys_of_the_browser_stay_with_the_browser(visit):
    visited = visit().open(f"q={QUERY}&v=lake")
    visited.page.locator(".card .play").first.focus()
    visited.page.keyboard.press("Control+l")
    visited.page.keyboard.press("Control+e")
    assert visited.page.get_attribute("#loop", "aria-pressed") == "true"
    assert visited.page.inner_text("#clip-count") == "0"


def test_space_on_a_button_presses_the_button(visit):
    visited = visit().open()
    visited.ask(QUERY)
    visited.play("trips/lake/dog.mp4")
    visited.page.focus("#loop")
    visited.page.keyboard.press("Space")
    assert visited.page.get_attribute("#loop", "aria-pressed") == "false"
    assert visited.plays()
