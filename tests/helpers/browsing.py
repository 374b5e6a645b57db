"""A visitor of the page, with a browser."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's chromium; Playwright's own one is never asked for.

    Playwright has an event loop in this thread as long as it runs, which tests of other folders must not meet.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


class Visit:
    """A tab with the page, and what went wrong in it.

    wrong: errors of scripts, messages of the console that are errors or warnings (a violated CSP is one), and answers
    of the server with a status of 400 or more. A test takes out what it expects; what is left fails it.
    """

    def __init__(self, context: Any, address: str):
        self.address = address
        self.wrong: list[str] = []
        self.page = context.new_page()
        self.page.set_default_timeout(120_000)  # the first page of a run beside other work takes its time
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("console", self._heard)
        self.page.on("response", lambda answer: answer.status >= 400 and self.wrong.append(f"{answer.status}"))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def open(self, state: str = "") -> "Visit":
        """Open the page at a state, the part of its address behind the #."""
        self.page.goto(f"{self.address}#{state}" if state else self.address)
        self.page.wait_for_selector(".card:not(.grey), #start:not([hidden]), .notice", state="attached")
        return self

    def ask(self, query: str) -> None:
        """Type a query, and wait for its cards."""
        self.page.fill("#query", query)
        with self.page.expect_response(lambda answer: "/api/search" in answer.url):
            self.page.press("#query", "Enter")
        self.page.wait_for_selector(".card:not(.grey)")

    def names(self) -> list[str]:
        """The names on the cards, in their order."""
        return self.page.locator(".card .name").all_text_contents()

    def play(self, name: str) -> None:
        """Click on a card, and wait until its video plays."""
        self.page.locator(".card .play", has_text=name).first.click()
        until(self.plays)

    def plays(self) -> bool:
        """Whether a video plays, with its sound on, and is seen."""
        return bool(
            self.page.evaluate(
                "(() => { const v = document.getElementById('video');"
                "return !v.paused && v.readyState > 2 && !v.muted && v.volume === 1 && v.videoWidth > 0 })()"
            )
        )

    def second(self) -> float:
        """The second of the video that the page says it shows."""
        return float(self.page.get_attribute("#strip", "aria-valuenow"))

    def state(self) -> dict[str, str]:
        """The state in the address."""
        return dict(self.page.evaluate("[...new URLSearchParams(location.hash.slice(1))]"))

    def fits(self) -> bool:
        """Whether the page is no wider than its window."""
        widths = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        return bool(widths[0] == widths[1])


def until(true: Callable[[], Any], seconds: float = 20) -> None:
    """Wait until it is true. (Playwright's own way evaluates strings, which the page's CSP forbids.)"""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)
