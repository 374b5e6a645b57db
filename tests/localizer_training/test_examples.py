"""Examples: every query with a span once an epoch, its true video first, negatives from its own list."""

from dataclasses import replace

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.localizer_training.examples import Examples

CPU = torch.device("cpu")


def others(corpus, count: int) -> torch.Tensor:
    """The next `count` videos after each query's own."""
    return (corpus.labels[:, None] + 1 + torch.arange(count)) % len(corpus.video_ids)


def examples_of(corpus, *, negatives: int = 4, drawn: int = 2) -> Examples:
    return Examples(corpus, others(corpus, negatives), 3, drawn, "floor_ceil", CPU)


def listed(examples: Examples, seed: int, epoch: int) -> list[list]:
    return [
        [field.tolist() for field in (batch.query, batch.videos.frames, batch.moment)]
        for batch in examples.epoch(seed, epoch)
    ]


def video_of(corpus, rows: torch.Tensor, mask: torch.Tensor) -> int:
    """Which video of the corpus these rows are."""
    for video in range(len(corpus.video_ids)):
        begin, count = int(corpus.videos.first[video]), int(corpus.videos.counts[video])
        if torch.equal(rows[mask], corpus.videos.frames[begin : begin + count]):
            return video
    raise AssertionError("rows of no video")


def test_an_epoch_asks_every_query_once_and_draws_from_its_own_negatives(make_corpus):
    corpus = make_corpus(7)
    examples, lists, asked = examples_of(corpus), others(corpus, 4), []
    for batch in examples.epoch(0, 1):
        size = len(batch.query)
        videos = [video_of(corpus, *pair) for pair in zip(batch.videos.frames, batch.videos.frame_mask, strict=True)]
        for place in range(size):
            query = int((corpus.query == batch.query[place]).flatten(1).all(dim=1).nonzero())
            own, *negatives = videos[3 * place : 3 * place + 3]
            assert own == corpus.labels[query] and len(set(negatives)) == 2
            assert set(negatives) <= set(lists[query].tolist())
            start, end = batch.moment[place].tolist()
            assert corpus.spans[query] == ((start, end + 1),)
            asked.append(query)
    assert sorted(asked) == list(range(14)) and examples.steps == 5


def test_order_and_negatives_depend_on_seed_and_epoch_alone(make_corpus):
    corpus = make_corpus(9)
    first = listed(examples_of(corpus), 0, 1)
    torch.manual_seed(99)
    again = examples_of(corpus)
    assert listed(again, 0, 2) != first and listed(again, 1, 1) != first and listed(again, 0, 1) == first


def test_negatives_are_new_in_every_epoch_and_no_more_than_there_are(make_corpus):
    corpus = make_corpus(9)
    assert len(next(examples_of(corpus, negatives=2, drawn=5).epoch(0, 1)).videos.frames) == 3 * 3
    assert len(next(examples_of(corpus, drawn=0).epoch(0, 1)).videos.frames) == 3


def test_what_cannot_be_learned_from_is_left_out_and_counted(make_corpus):
    corpus = make_corpus(4)
    spans = list(corpus.spans)
    spans[1], spans[2] = (), ((50.0, 60.0),)
    examples = examples_of(replace(corpus, spans=spans), negatives=3)
    assert (examples.without_span, examples.past_the_end) == (1, 1)
    assert examples.query.tolist() == [0, 3, 4, 5, 6, 7]


def test_a_folder_without_spans_is_told_what_there_is_instead(make_corpus):
    corpus = make_corpus(4)
    with pytest.raises(PipelineError, match="no training query has an annotated span") as error:
        examples_of(replace(corpus, spans=[()] * 8), negatives=3)
    assert "localizer: moments" in error.value.fix
