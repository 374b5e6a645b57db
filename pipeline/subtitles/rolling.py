"""Makes sentences from cues: in the order of time, and each line once.

Captions that roll (YouTube's captions of speech, roll-up captions of television) show a line in several cues: first as
the new line, then above the next one. Test: tests/subtitles/test_rolling.py.
"""

import math
from collections.abc import Sequence

from pipeline.core.manifest import Sentence
from pipeline.subtitles.cue import Cue, shown_lines

TOUCHING = 0.1
"""The most seconds between two cues of which the later one may repeat lines of the earlier one."""

WINDOW = 8
"""How many of the last lines of a cue are compared with the next one, at most."""


def sentences_of(cues: Sequence[Cue]) -> tuple[list[Sentence], int, int]:
    """Return the sentences sorted by start and end, the number of silent cues and the number of repeating cues.

    A silent cue says nothing (music, a line of dashes). A line that a cue repeats from the cue before stays with the
    cue that showed it first. Where a cue shows nothing new, the sentence that it repeats lasts until the end of the
    cue.
    """
    sentences: list[Sentence] = []
    shown: list[str] = []
    until, growing = -math.inf, False
    silent = repeated = 0
    for cue in sorted(cues, key=lambda cue: (cue.start, cue.end)):
        lines = shown_lines(cue.text)
        if not lines:
            silent += 1
            continue
        known = _repeated(shown, lines) if cue.start <= until + TOUCHING else 0
        repeated += known > 0
        text = " ".join(lines[known:])
        if known == len(lines):
            if growing:
                last = sentences[-1]
                sentences[-1] = Sentence(last.text, last.start, max(last.end, cue.end))
        elif any(character.isalnum() for character in text):
            sentences.append(Sentence(text, cue.start, cue.end))
            growing = True
        else:
            silent += not known
            growing = False
        shown, until = lines, max(until, cue.end) if known else cue.end
    return sorted(sentences, key=lambda sentence: (sentence.start, sentence.end)), silent, repeated


def _repeated(shown: Sequence[str], lines: Sequence[str]) -> int:
    """Return how many of the first `lines` are the last ones of those `shown` before."""
    if shown == lines:
        return len(lines)
    shown = shown[-WINDOW:]
    return next((n for n in range(min(len(shown), len(lines)), 0, -1) if shown[-n:] == lines[:n]), 0)
