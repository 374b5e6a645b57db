"""Dialogue lines of .ass and .ssa files."""

import pytest

from pipeline.core.ids import BadRecord
from pipeline.subtitles.cue import Cue
from pipeline.subtitles.substation import substation

ASS = r"""[Script Info]
Title: Dialogue: no
[V4+ Styles]
Format: Name, Start, End, Text
Style: Default,Arial
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,no
Dialogue: 0,0:00:05.00,0:00:06.50,Default,,0,0,0,,{\an8\i1}Hello, you{\i0}\Nand\hme
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\p1}m 0 0{\c&H0&}l 10 10{\p0}Sign{\pos(1,2)} on
Dialogue: 0,soon,0:00:02.00,Default,,0,0,0,,bad
Dialogue: 0,0:00:07.00,0:00:08.00
"""


def test_ass():
    assert list(substation(ASS)) == [
        Cue(9, 5.0, 6.5, "Hello, you\nand me"),
        Cue(10, 1.0, 2.0, "Sign on"),
        Cue(11, fault="no start and end as in 0:00:01.50,0:00:03.00"),
        Cue(12, fault="it has fewer cells than its `Format:` line"),
    ]


def test_the_format_line_tells_the_order():
    text = "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,Hello, you\n"
    assert list(substation(text)) == [Cue(3, 1.0, 2.0, "Hello, you")]


def test_ssa_and_a_bare_line():
    for first in ("Marked=0", "0"):
        line = f"Dialogue: {first},0:00:01.00,0:00:02.00,Default,,0000,0000,0000,,Hello\n"
        assert list(substation(line)) == [Cue(1, 1.0, 2.0, "Hello")]


def test_no_dialogue_is_refused():
    with pytest.raises(BadRecord, match="no cue in it"):
        list(substation("[Events]\nComment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,no\n"))
