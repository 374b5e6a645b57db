"""The files that a page of docs/ tells its reader to write: each is named in a line above its block of code."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
_FILE = re.compile(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_of(page: str) -> dict[str, str]:
    """The files of a page by path, with what they hold."""
    return dict(_FILE.findall((DOCS / page).read_text()))


def pieces_of(page: str) -> list[str]:
    """The pieces of YAML that a page adds to files that are there, in order."""
    text = _FILE.sub("", (DOCS / page).read_text())
    return _BLOCK.findall(text)
