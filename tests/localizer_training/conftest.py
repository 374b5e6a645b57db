"""A corpus that a localizer can learn."""

from collections.abc import Callable

import pytest
from helpers.events import corpus_of_events

from pipeline.corpus.corpus import Corpus


@pytest.fixture
def make_corpus() -> Callable[..., Corpus]:
    """make_corpus(videos) -> Corpus; see helpers.events."""
    return corpus_of_events
