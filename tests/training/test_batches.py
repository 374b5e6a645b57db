"""Batches: whole videos with all their queries, an order that depends on (seed, epoch) alone, the control run."""

from dataclasses import replace

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.training.batches import Batches, derange, derived_seed

CPU = torch.device("cpu")
COUNTS = (3, 1, 0, 2, 1, 1, 4)


def listed(batches: Batches, seed: int, epoch: int) -> list[list]:
    return [
        [field.tolist() for field in (batch.videos.clips, batch.query, batch.query_mask, batch.labels)]
        for batch in batches.epoch(seed, epoch)
    ]


def test_every_video_with_queries_comes_once_with_all_of_them(make_corpus):
    corpus = make_corpus(7, COUNTS)
    batches = Batches(corpus, corpus.labels, 3, CPU)
    seen = []
    for batch in batches.epoch(0, 1):
        videos = [int((corpus.videos.clips == clips).flatten(1).all(dim=1).nonzero()) for clips in batch.videos.clips]
        for frames, mask, video in zip(batch.videos.frames, batch.videos.frame_mask, videos, strict=True):
            assert torch.equal(frames[mask], corpus.videos.clips[video, : 5 + video % 5])
        assert batch.videos.frame_mask.any(dim=0).all()  # padded to the longest of the batch, no further
        assert batch.labels.bincount(minlength=len(videos)).tolist() == [COUNTS[video] for video in videos]
        for query, label in zip(batch.query, batch.labels, strict=True):
            own = corpus.query[corpus.labels == videos[label]]
            assert bool((own == query).flatten(1).all(dim=1).any())
        seen += videos
    assert sorted(seen) == [0, 1, 3, 4, 5, 6] and batches.steps == 2


def test_the_order_depends_on_seed_and_epoch_alone(make_corpus):
    corpus = make_corpus(12)
    batches = Batches(corpus, corpus.labels, 4, CPU)
    first = listed(batches, 0, 1)
    torch.manual_seed(99)
    listed(batches, 0, 2)
    assert listed(Batches(corpus, corpus.labels, 4, CPU), 0, 1) == first
    assert listed(batches, 0, 2) != first and listed(batches, 1, 1) != first


@pytest.mark.parametrize("fast", [True, False])
def test_a_batch_lies_in_the_memory_of_the_one_before_unless_that_is_switched_off(make_corpus, monkeypatch, fast):
    corpus = make_corpus(12)
    expected = listed(Batches(corpus, corpus.labels, 4, CPU), 0, 1)
    monkeypatch.setattr("pipeline.training.batches.fast_cpu", lambda: fast)
    batches = Batches(corpus, corpus.labels, 4, CPU)
    assert listed(batches, 0, 1) == expected
    kept = list(batches.epoch(0, 1))
    assert (len({batch.videos.clips.data_ptr() for batch in kept}) == 1) is fast


def test_a_last_batch_of_one_video_is_dropped(make_corpus):
    corpus = make_corpus(7)
    batches = Batches(corpus, corpus.labels, 3, CPU)
    assert batches.steps == 2 and [len(batch.videos.clips) for batch in batches.epoch(0, 1)] == [3, 3]


@pytest.mark.parametrize(("videos", "batch_videos"), [(1, 16), (5, 1)])
def test_nothing_to_compare_with_is_an_error(make_corpus, videos, batch_videos):
    corpus = make_corpus(videos)
    with pytest.raises(PipelineError, match="no batch of two videos"):
        Batches(corpus, corpus.labels, batch_videos, CPU)


@pytest.mark.parametrize("counts", [(1, 1), (3, 1), COUNTS, (2,) * 30])
def test_a_derangement_gives_every_query_another_video(make_corpus, counts):
    labels = make_corpus(len(counts), counts).labels
    for seed in range(20):
        deranged = derange(labels, seed)
        assert bool((deranged != labels).all())
        assert set(deranged.tolist()) == set(labels.tolist())
        pairs = set(zip(labels.tolist(), deranged.tolist(), strict=True))
        assert len(pairs) == len(set(labels.tolist()))  # queries of one video stay together
        assert torch.equal(deranged, derange(labels, seed))


def test_derived_seeds_differ_in_every_part():
    parts = [(0, "order", 1), (0, "order", 2), (1, "order", 1), (0, "dropout", 1), (0, "order"), (10, "order", 1)]
    assert len({derived_seed(*part) for part in parts}) == len(parts)


def test_the_moments_of_a_batch_are_those_of_its_queries(make_corpus):
    corpus = make_corpus(7, COUNTS)  # videos of nine clips of a second each
    spans = [((float(query % 5), query % 5 + 1.5),) if query % 3 else () for query in range(len(corpus.labels))]
    batches = Batches(replace(corpus, spans=spans), corpus.labels, 3, CPU)
    seen = 0
    for batch in batches.epoch(0, 1):
        for query, moment in zip(batch.query, batch.moment.tolist(), strict=True):
            same = (corpus.query == query).flatten(1).all(dim=1).nonzero()[:, 0].tolist()
            assert moment in [[number % 5, number % 5 + 1] if spans[number] else [-1, -1] for number in same]
            seen += moment[0] >= 0
    assert seen == sum(map(bool, spans)) and batch.moment.dtype == torch.int64
