"""Sentences in the order of time, each line once, with the time at which it is new."""

import random

import pytest

from pipeline.core.manifest import Sentence
from pipeline.subtitles.cue import Cue
from pipeline.subtitles.rolling import sentences_of


def cues(*given: tuple[float, float, str]) -> list[Cue]:
    return [Cue(line, start, end, text) for line, (start, end, text) in enumerate(given, 1)]


ROLLING = cues(
    (0.469, 3.169, " \nwelcome<00:00:01.469><c> to</c><c> the</c><c> course</c>"),
    (3.169, 3.179, "welcome to the course\n "),
    (3.179, 5.0, "welcome to the course\ntoday<00:00:03.500><c> we</c><c> cook</c>"),
    (5.0, 5.01, "today we cook\n "),
    (5.01, 7.0, "today we cook\n<c>soup</c>"),
)
SENTENCES = [
    Sentence("welcome to the course", 0.469, 3.179),
    Sentence("today we cook", 3.179, 5.01),
    Sentence("soup", 5.01, 7.0),
]


@pytest.mark.parametrize("seed", range(3))
def test_rolling_captions_give_each_line_once_in_any_order_of_the_file(seed):
    assert sentences_of(random.Random(seed).sample(ROLLING, len(ROLLING))) == (SENTENCES, 0, 4)


def test_a_cue_that_repeats_the_last_one_makes_it_longer():
    given = cues((1.0, 2.0, "No!"), (2.05, 3.0, "<b>No!</b>"), (1.0, 2.0, "No!"), (9.0, 10.0, "No!"))
    assert sentences_of(given) == ([Sentence("No!", 1.0, 3.0), Sentence("No!", 9.0, 10.0)], 0, 2)


def test_credits_last_and_a_watermark_over_all():
    given = cues((10.0, 13.0, "a dog"), (20.0, 23.0, "a car"), (0.0, 2.0, "made by me"), (0.0, 99.0, "(watermark)"))
    sentences, silent, repeating = sentences_of(given)
    assert [sentence.text for sentence in sentences] == ["made by me", "watermark", "a dog", "a car"]
    assert (silent, repeating) == (0, 0)


def test_music_and_empty_cues_are_counted():
    assert sentences_of(cues((0.0, 1.0, ""), (1.0, 2.0, "♪ ♪"), (2.0, 3.0, "♪ la"))) == (
        [Sentence("♪ la", 2.0, 3.0)],
        2,
        0,
    )
    assert sentences_of(cues((0.0, 1.0, "♪"), (1.0, 2.0, "♪"))) == ([], 1, 1)
