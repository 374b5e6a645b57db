"""How a check reads: counts first, problems of one kind together."""

from pathlib import Path

from pipeline.annotations.common.corrections import LETTERS, MILLISECONDS, Correction
from pipeline.scan.check import Checked, Problem
from pipeline.scan.glance import Glance
from pipeline.scan.told import told, told_corrections, told_problems


def test_what_is_there_is_counted():
    glances = [
        Glance("a.mp4", "video", 2048, "mov,mp4", "h264", 3600.0),
        Glance("b.webm", "video", 2048, "matroska,webm", "vp9", None),
        Glance("c.mp4", "video", problem="the file is empty"),
        Glance("a.srt", "subtitle", 10),
        *(Glance(f"{k}.txt", "other") for k in range(7)),
    ]
    assert list(told(Path("mine"), "folder", Checked(glances, None, []))) == [
        "mine, read as `dataset: folder`",
        "  videos       2: 1 h 00 min, 1 of unknown length, 4 KiB",
        "  of them      1 h264 in mov, 1 vp9 in matroska",
        "  subtitles    1: a.srt",
        "  not read     7: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more",
    ]


def test_problems_of_one_kind_are_one_line():
    problems = [Problem("x.mp4", "the file is empty")]
    problems += [Problem(f"q:{k}", f"the span {k} to 9.5 s is beyond the end of 'v'") for k in range(7)]
    assert list(told_problems(problems)) == [
        "  7 x the span 0 to 9.5 s is beyond the end of 'v': q:0, q:1, q:2, q:3, q:4 and 2 more",
        "  1 x the file is empty: x.mp4",
    ]


def test_a_name_with_control_characters_stays_on_its_line():
    [line] = told_problems([Problem("a\nb\x1b[2J.mp4", "the file is empty")])
    assert line == "  1 x the file is empty: a\\nb\\x1b[2J.mp4"


def test_corrections_are_told_by_kind_with_what_stands_there_and_what_is_meant():
    corrections = [Correction(LETTERS, f"q:{k}", "vid_name", "Clip", "clip") for k in range(6)]
    corrections.append(Correction(MILLISECONDS, "q:9", "ts", [500, 1500], [0.5, 1.5]))
    first, letters, second, times = told_corrections(corrections)
    assert (first, second) == ("Read as it is meant:", "What a copy would correct:")
    assert letters.startswith("  6 names in other letters: q:0 vid_name Clip -> clip, ") and letters.endswith(
        "and 1 more"
    )
    assert times == "  1 times in milliseconds: q:9 ts 500 - 1500 -> 0.5 - 1.5" and list(told_corrections([])) == []
