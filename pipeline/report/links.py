"""Links of the report to the files of the videos, and to the search page. Test: tests/report/test_links.py."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote, urlencode

PAGE = "http://127.0.0.1:8000/"
"""Where `amdnet serve` shows its page, unless it is told another port."""


def file_link(path: str | None) -> str | None:
    """Link to the file of a video from outputs/report.html; path: that of the manifest, None where there is no file."""
    if path is None:
        return None
    return PurePath(path).as_uri() if PurePath(path).is_absolute() else f"../{quote(path)}"


def at(link: str | None, span: Mapping[str, Any]) -> str | None:
    """Let a link to a file play from `start` to `end` of a span, in seconds."""
    return link and f"{link}#t={span['start']:.2f},{span['end']:.2f}"


def page_link(text: str, video_id: str) -> str:
    """Link to the search page, which then searches for the text and shows the video."""
    return f"{PAGE}#{urlencode({'q': text, 'v': video_id}, quote_via=quote)}"
