"""A cue as it stands in a subtitle file, whatever the file's format, and the words that it shows.

Tests: tests/subtitles/test_cue.py.
"""

import html
import re
from dataclasses import dataclass

from pipeline.core.ids import BadRecord

TAG = re.compile(r"</?[a-zA-Z0-9][^<>]*>|<[/]?>|\{\\[^{}]*\}|&#\d{9,};?")
"""Matches tags of .srt, .vtt and .ass, and a character number beyond all characters."""


@dataclass(frozen=True)
class Cue:
    """One cue.

    line: its line in the file, from 1; start, end: seconds; text: with tags and line breaks; fault: why the cue cannot
    be used, empty where it can.
    """

    line: int
    start: float = 0.0
    end: float = 0.0
    text: str = ""
    fault: str = ""

    def check(self) -> None:
        """Raise BadRecord where the cue cannot be used."""
        if self.fault:
            raise BadRecord(self.fault)
        if self.start > self.end:
            raise BadRecord(f"it starts ({self.start:g} s) after its end ({self.end:g} s)")
        damaged = re.search("[\udc80-\udcff]", self.text)
        if damaged:
            raise BadRecord(f"not UTF-8 text (byte 0x{ord(damaged[0]) - 0xDC00:02x})")


def shown_lines(text: str) -> list[str]:
    """Return the lines of a cue that show anything, cleaned as TVR's subtitles are.

    Tags are removed, brackets and control characters become spaces, white space is collapsed, and a colon gets a space
    on each side.
    """
    cleaned = (_clean(line) for line in TAG.sub("", text).split("\n"))
    return [line for line in cleaned if line]


def _clean(line: str) -> str:
    return " ".join(re.sub(r"[()\[\]{}\x00-\x1f\x7f-\x9f]", " ", html.unescape(line)).replace(":", " : ").split())
