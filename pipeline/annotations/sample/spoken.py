"""Queries of the embedded sample whose words are only spoken: the subtitle of an event tells a fact, no picture does.

A fact is a person with a dish. The query names both and shares no other telling word with the subtitle, so that a model
finds the video by its subtitles or by chance. Test: tests/annotations/test_sample_spoken.py.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from pipeline.annotations.sample.params import SampleParams


@dataclass(frozen=True)
class SpokenFact:
    """event: the number of the video's event in which it is said; sentence: its subtitle; query: what asks for it."""

    event: int
    sentence: str
    query: str


class SpokenFacts:
    """Draws the facts of one split, video by video: a video's facts depend on those before it, not on those after it.

    Within the split no two facts are the same until all pairs of a person and a dish are used up; then all are dealt
    anew.
    """

    def __init__(self, vocabulary: Mapping[str, Any], sample: SampleParams, split: str):
        """vocabulary: that of spoken.yaml; not read where `sample.spoken_queries` is 0."""
        self.vocabulary, self.count = vocabulary, sample.spoken_queries
        self.draw = random.Random(f"{sample.seed}/{split}/spoken")
        self.pairs = self._deal()

    def of_video(self, events: int) -> list[SpokenFact]:
        """The next video's facts, each in another one of its events; events: how many the video has."""
        return [self._fact(event) for event in sorted(self.draw.sample(range(events), self.count))]

    def _fact(self, event: int) -> SpokenFact:
        person, dish = next(self.pairs)
        sentence, query = (self.draw.choice(self.vocabulary[name]) for name in ("sentences", "queries"))
        return SpokenFact(event, sentence.format(person=person, dish=dish), query.format(person=person, dish=dish))

    def _deal(self) -> Iterator[tuple[str, str]]:
        while True:
            pairs = list(product(self.vocabulary["people"], self.vocabulary["dishes"]))
            self.draw.shuffle(pairs)
            yield from pairs
