"""What a cue shows as words, and which cues cannot be used."""

import pytest

from pipeline.core.ids import BadRecord
from pipeline.subtitles.cue import Cue, shown_lines


def test_cleaning_as_tvr_does():
    assert shown_lines("Sheldon:(sighs)\nWhat's [that]? 12:30") == ["Sheldon : sighs", "What's that ? 12 : 30"]


def test_tags_and_entities():
    text = (
        "<v Fred>Tell <00:01.500><c.loud>me</c>\n{\\an8}Q&amp;A &lt;now&gt; a < b\n \n<i></i>\n\x07bell\n&#"
        + "9" * 5000
        + ";"
    )
    assert shown_lines(text) == ["Tell me", "Q&A <now> a < b", "bell"]


def test_a_cue_that_ends_before_it_starts_or_holds_wrong_bytes_is_refused():
    Cue(1, 4.0, 4.0, "ok").check()
    with pytest.raises(BadRecord, match=r"it starts \(5 s\) after its end \(4 s\)"):
        Cue(1, 5.0, 4.0, "backwards").check()
    with pytest.raises(BadRecord, match=r"not UTF-8 text \(byte 0xe9\)"):
        Cue(1, 4.0, 5.0, b"caf\xe9".decode("utf-8", "surrogateescape")).check()
