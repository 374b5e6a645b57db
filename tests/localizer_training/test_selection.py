"""Selection: the IoU of first answers, right only in the own video, over the queries whose moments are known."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from helpers.localizers import network_of, small_recipe

from pipeline.core.errors import PipelineError
from pipeline.localizer_training import selection as module
from pipeline.localizer_training.selection import Selection
from pipeline.localizers.common.interface import Moments
from pipeline.retrieval.search import Retrieved

CPU = torch.device("cpu")


class AllVideos:
    """An index that ranks the videos in their order for every query."""

    def search(self, query, mask, k) -> Retrieved:
        video = torch.arange(k).expand(len(query), k)
        empty = torch.zeros(*video.shape, 2)
        return Retrieved(video, -video.float(), video, empty, empty, video)


@pytest.fixture
def selection(make_corpus) -> SimpleNamespace:
    corpus = make_corpus(4)
    corpus = replace(corpus, spans=[(), *corpus.spans[1:]])
    recipe = small_recipe()
    return SimpleNamespace(corpus=corpus, recipe=recipe, of=Selection(AllVideos(), corpus, corpus, recipe, CPU))


def test_numbers_are_those_of_the_first_answers(selection, monkeypatch):
    spans = torch.tensor([span[0] for span in selection.corpus.spans[1:]], dtype=torch.float64)
    halves = torch.stack([spans[:, 0], spans.mean(dim=1)], dim=1)

    def in_own(localizer, video, queries, recipe) -> Moments:
        assert queries.tolist() == list(range(1, 8))
        return Moments(
            video[:, None], torch.where(torch.arange(7)[:, None] < 4, spans, halves)[:, None], video[:, None]
        )

    def over_corpus(localizer, retrieved, queries, recipe) -> Moments:
        return Moments(torch.zeros(7, 1, dtype=torch.int64), spans[:, None], torch.zeros(7, 1))

    monkeypatch.setattr(module, "localize_videos", in_own)
    monkeypatch.setattr(module, "localize_corpus", over_corpus)
    numbers = selection.of(network_of(selection.corpus, selection.recipe))
    assert numbers["SVMR R@1 IoU=0.7"] == pytest.approx(100 * 4 / 7)
    assert numbers["SVMR mIoU"] == pytest.approx(100 * 5.5 / 7)
    assert numbers["VCMR mIoU"] == numbers["VCMR R@1 IoU=0.5"] == pytest.approx(100 / 7)  # one query is of video 0
    assert numbers["chosen_by"] == pytest.approx(100 * 6.5 / 7)


def test_a_split_without_any_span_is_an_error(make_corpus, selection):
    corpus = make_corpus(4)
    corpus = replace(corpus, spans=[()] * len(corpus.spans))
    with pytest.raises(PipelineError, match="no query of the split that chooses .* has an annotated span"):
        Selection(AllVideos(), corpus, corpus, selection.recipe, CPU)


def test_a_network_is_measured_as_it_answers(selection):
    numbers = selection.of(network_of(selection.corpus, selection.recipe))
    assert set(numbers) == {
        "chosen_by",
        *(f"{task} {what}" for task in ("SVMR", "VCMR") for what in ("mIoU", "R@1 IoU=0.5", "R@1 IoU=0.7")),
    }
    assert 0 < numbers["SVMR mIoU"] <= 100
