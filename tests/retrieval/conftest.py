"""The small corpus, and the model that compares its vectors as they are."""

import pytest
from helpers.nearest_clip import NearestClip, small_corpus

from pipeline.corpus.corpus import Corpus


@pytest.fixture
def model() -> NearestClip:
    return NearestClip()


@pytest.fixture
def corpus() -> Corpus:
    return small_corpus()
