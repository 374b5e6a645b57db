"""Reads the cues of .srt, .vtt and .sbv files: a line of two times, then lines of text.

A text ends at the next line of times, because files from everywhere have no empty line between cues, or have one inside
a cue. The number or name of a cue stands above its times. Test: tests/subtitles/test_timed_lines.py.
"""

import re
from collections.abc import Iterator

from pipeline.core.ids import BadRecord
from pipeline.subtitles.cue import Cue

CLOCK = r"(?:(\d{1,6}):)?([0-5]?\d):([0-5]\d)(?:[.,](\d{1,9}))?"
ROUGHLY = r"\s*(?:[-+]\s*)?\d+\s*:\s*\d"
SRT = (
    re.compile(rf"\s*{CLOCK}\s*-->\s*{CLOCK}(?:\s.*)?"),
    re.compile(rf"{ROUGHLY}[\d:.,\s]*-+\s*>|.*-->{ROUGHLY}"),
    "00:00:01,500 --> 00:00:03,000",
)
SBV = (
    re.compile(rf"\s*{CLOCK}\s*,\s*{CLOCK}\s*"),
    re.compile(rf"{ROUGHLY}[\d:.]*,{ROUGHLY}"),
    "0:00:01.500,0:00:03.000",
)
"""A pattern for a line of times, one for what was meant as such a line, and an example."""

NEGATIVE = re.compile(r"(?:^|[>,])\s*-\s*\d")
LINE_BREAK = re.compile(r"\r\n|\r|\n")
VTT_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION|WEBVTT)(?:[ \t]|$)")


def timed_lines(text: str, suffix: str) -> Iterator[Cue]:
    """Yield the cues in the order of the file; one with broken times has a fault. Raises BadRecord where there is none.

    Notes, styles and regions of WebVTT are left out, also where the file is called .srt.
    """
    times, meant, example = SBV if suffix == ".sbv" else SRT
    is_vtt = suffix == ".vtt" or text.lstrip().startswith("WEBVTT")
    lines = lines_of(text)
    heads = [at for at, line in enumerate(lines) if times.fullmatch(line) or meant.match(line)]
    if not heads:
        raise BadRecord(f"no cue in it: no line of times as in {example}")
    names = _Names(lines, heads[0], is_vtt)
    first = next((at for at in range(names.top(heads[0], -1)) if lines[at].strip()), None)
    if first is not None and not is_vtt:
        yield Cue(first + 1, fault="text before the first times")
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        body = lines[head + 1 : len(lines) if following is None else names.top(following, head)]
        match = times.fullmatch(lines[head])
        if match:
            body = _without_blocks(body) if is_vtt else body
            yield Cue(head + 1, seconds(*match.groups()[:4]), seconds(*match.groups()[4:]), "\n".join(body))
        else:
            negative = NEGATIVE.search(lines[head])
            yield Cue(head + 1, fault="a time is negative" if negative else f"no start and end as in {example}")


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, whatever ends them.

    A copy in text mode makes CR CR LF of a line break; that counts as one. Byte order marks, which stand in the middle
    of files that were joined, are left out.
    """
    return LINE_BREAK.split(text.replace("\r\r\n", "\n").replace("\ufeff", ""))


def seconds(hours: str | None, minutes: str, whole: str, fraction: str | None) -> float:
    """Return the seconds of a clock time from its parts; `fraction` holds the digits after the decimal point."""
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(whole) + int(fraction or 0) / 10 ** len(fraction or "")


class _Names:
    """Finds where a cue's number or name stands above its times.

    The distance is that of the number of the file's first cue, if it has one. A line counts as a number where the
    file's first cue has one, or where nothing but a blank line stands above it; else it is the last line of a text. A
    line counts as a name only after an empty line.
    """

    def __init__(self, lines: list[str], first: int, is_vtt: bool):
        self.lines = lines
        above = next((at for at in range(first - 1, -1, -1) if lines[at].strip()), None)
        self.numbered = above is not None and _is_number(lines[above])
        self.distance = first - above if above is not None and self.numbered else 1
        self.may_have_names = self.distance == 1 and (is_vtt or not self.numbered)

    def top(self, head: int, previous: int) -> int:
        """Return the line at which the cue of times `head` begins; previous: the line of the times before it, or -1."""
        at = head - self.distance
        if at <= previous or any(line.strip() for line in self.lines[at + 1 : head]):
            return head
        above = self.lines[at - 1] if at - 1 > previous else ("" if previous < 0 else None)
        if _is_number(self.lines[at]):
            return at if self.numbered or (above is not None and not above.strip()) else head
        return at if self.may_have_names and self.lines[at].strip() and above == "" else head


def _is_number(line: str) -> bool:
    return line.strip().lstrip("#").isdecimal()


def _without_blocks(body: list[str]) -> list[str]:
    """Return the lines of a WebVTT cue without the notes, styles and regions after it, each up to an empty line."""
    kept, inside = [], False
    for at, line in enumerate(body):
        if not line:
            inside = False
        elif at and not body[at - 1]:
            inside = VTT_BLOCK.match(line) is not None
        if not inside:
            kept.append(line)
    return kept
