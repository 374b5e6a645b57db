"""The small corpus, and the model that compares its vectors as they are."""

import pytest
from helpers.models import make_model
from helpers.nearest_clip import NearestClip, small_corpus

from pipeline.corpus.corpus import Corpus

__all__ = ["make_model"]


@pytest.fixture
def model() -> NearestClip:
    return NearestClip()


@pytest.fixture
def corpus() -> Corpus:
    return small_corpus()
