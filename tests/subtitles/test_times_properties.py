"""Times that are written into a subtitle file are read from it, whatever the format, and sentences keep them."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.subtitles.cue import Cue
from pipeline.subtitles.rolling import sentences_of
from pipeline.subtitles.substation import substation
from pipeline.subtitles.timed_lines import timed_lines
from pipeline.subtitles.ttml import ttml

HOUR = 3_600_000
times = st.lists(st.tuples(st.integers(0, 30 * HOUR), st.integers(0, 60_000)), min_size=1, max_size=6)
"""Of cues: milliseconds of the start, and how many they last."""


def clock(milliseconds: int, mark: str, hours: int, decimals: int = 3) -> str:
    """`1:02:03.450`, the hour with so many digits (0: left out where it is 0), the fraction behind `mark`."""
    hour, rest = divmod(milliseconds, HOUR)
    shown = f"{hour:0{hours}d}:" if hour or hours else ""
    fraction = f"{rest % 1000:03d}"[:decimals]
    return f"{shown}{rest // 60_000:02d}:{rest // 1000 % 60:02d}{mark}{fraction}"


def srt(cues: list[tuple[int, int]]) -> str:
    lines = (f"{n}\n{clock(a, ',', 2)} --> {clock(b, ',', 2)}\nword {n}\n\n" for n, (a, b) in enumerate(cues, 1))
    return "".join(lines)


def vtt(cues: list[tuple[int, int]]) -> str:
    return "WEBVTT\n\n" + "".join(f"{clock(a, '.', 0)} --> {clock(b, '.', 0)}\nword\n\n" for a, b in cues)


def sbv(cues: list[tuple[int, int]]) -> str:
    return "".join(f"{clock(a, '.', 1)},{clock(b, '.', 1)}\nword\n\n" for a, b in cues)


def ass(cues: list[tuple[int, int]]) -> str:
    lines = (f"Dialogue: 0,{clock(a, '.', 1, 2)},{clock(b, '.', 1, 2)},Default,,0,0,0,,word" for a, b in cues)
    return "[Events]\n" + "\n".join(lines)


def timed_text(cues: list[tuple[int, int]]) -> str:
    paragraphs = (f'<p begin="{clock(a, ".", 2)}" end="{b}ms">word</p>' for a, b in cues)
    return f"<tt><body>{''.join(paragraphs)}</body></tt>"


FORMATS = [
    (srt, lambda text: timed_lines(text, ".srt"), 1),
    (vtt, lambda text: timed_lines(text, ".vtt"), 1),
    (sbv, lambda text: timed_lines(text, ".sbv"), 1),
    (ass, substation, 10),
    (timed_text, ttml, 1),
]


@pytest.mark.parametrize(("write", "read", "unit"), FORMATS, ids=["srt", "vtt", "sbv", "ass", "ttml"])
@given(cues=times)
def test_times_are_read_as_they_were_written(write: Callable, read: Callable, unit: int, cues):
    spans = [(start // unit * unit, (start + length) // unit * unit) for start, length in cues]
    found = list(read(write(spans)))
    assert not any(cue.fault for cue in found)
    assert [(cue.start, cue.end) for cue in found] == [
        (pytest.approx(start / 1000, abs=1e-9), pytest.approx(end / 1000, abs=1e-9)) for start, end in spans
    ]


LINES = st.lists(st.sampled_from(["one", "two", "three", "four", "-"]), max_size=3)


@st.composite
def spoken(draw) -> list[Cue]:
    """Cues as they come: out of order, over one another, with lines that come again, silent ones among them."""
    spans = draw(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 30)), unique=True, max_size=6))
    return [Cue(0, start / 10, (start + length) / 10, "\n".join(draw(LINES))) for start, length in spans]


def words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in text.split() if word.isalpha()}


@given(spoken())
def test_sentences_are_in_order_say_every_word_and_have_the_times_of_cues(cues):
    sentences, _, _ = sentences_of(cues)
    assert sentences == sorted(sentences, key=lambda one: (one.start, one.end))
    assert words(sentence.text for sentence in sentences) == words(cue.text for cue in cues)
    starts, ends = {cue.start for cue in cues}, {cue.end for cue in cues}
    assert all(one.start in starts and one.end in ends and one.start <= one.end for one in sentences)


@given(spoken())
def test_the_order_of_cues_in_the_file_does_not_matter(cues):
    assert sentences_of(cues) == sentences_of(cues[::-1]) == sentences_of(sorted(cues, key=lambda cue: cue.end))
