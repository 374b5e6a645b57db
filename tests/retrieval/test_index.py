"""An index answers as comparing every query with every video does, however it was built, and asks for no label."""

import dataclasses
from functools import partial

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.corpus.clip_times import ClipTimes
from pipeline.corpus.corpus import CorpusVideos
from pipeline.corpus.videos import VideoRows
from pipeline.retrieval import search
from pipeline.retrieval.index import Index

CPU = torch.device("cpu")


@pytest.fixture
def videos(corpus) -> CorpusVideos:
    return CorpusVideos(corpus.video_ids, corpus.durations, corpus.times, corpus.videos)


def rows_of(videos, rows):
    """The videos of a slice, as a part of their own; these have no frames."""
    return CorpusVideos(
        videos.video_ids[rows],
        videos.durations[rows],
        ClipTimes(*(field[rows] for field in videos.times)),
        videos.videos._replace(**{name: getattr(videos.videos, name)[rows] for name in ("clips", "first", "counts")}),
    )


@pytest.mark.parametrize("k", [1, 5, 12, 50])
def test_a_search_finds_what_comparing_everything_finds(model, corpus, videos, k):
    found = Index.build(model, videos, CPU).search(corpus.query, corpus.query_mask, k)
    similarity = torch.einsum("qd,bnd->qbn", corpus.query[:, 0], videos.videos.clips)
    best, position = similarity.max(dim=2)
    order = best.argsort(dim=1, descending=True)[:, :k]
    assert found.video.shape == (30, min(k, 12)) and torch.equal(found.video, order)
    torch.testing.assert_close(found.score, best.gather(1, order))
    torch.testing.assert_close(found.place[..., 0], position.gather(1, order) / 8)


def test_equal_scores_come_in_the_order_of_the_ids(model, corpus, videos):
    equal = dataclasses.replace(videos, videos=videos.videos._replace(clips=torch.ones_like(videos.videos.clips)))
    found = Index.build(model, equal, CPU).search(corpus.query, corpus.query_mask, 10)
    assert found.video.tolist() == [list(range(10))] * 30


@pytest.mark.parametrize("sizes", [(12,), (1, 11), (4, 4, 4), (5, 6, 1)])
def test_parts_make_the_index_of_the_whole(model, videos, sizes):
    whole, ends = Index.build(model, videos, CPU), torch.tensor(sizes).cumsum(0).tolist()
    parts = (rows_of(videos, slice(end - size, end)) for end, size in zip(ends, sizes, strict=True))
    built = Index.build_in_parts(model, parts, 20, CPU)
    assert built.video_ids == whole.video_ids and torch.equal(built.durations, whole.durations)
    for one, other in zip((*built.vectors, *built.times), (*whole.vectors, *whole.times), strict=True):
        assert torch.equal(one, other)
    assert built.nbytes == whole.nbytes == 12 * (8 * 16 + 2 * 2) * 4


@pytest.mark.parametrize("video_block", [1, 5, 256])
def test_a_named_video_is_retrieved_where_it_scored_though_it_is_not_among_the_best(
    model, corpus, videos, monkeypatch, video_block
):
    monkeypatch.setattr(search, "VIDEO_BLOCK", video_block)
    named = torch.stack([torch.arange(30) % 12, torch.arange(30) % 7], dim=1)
    (found,) = Index.build(model, videos, CPU).compare(corpus.query, corpus.query_mask, 1, named)
    best, position = torch.einsum("qd,bnd->qbn", corpus.query[:, 0], videos.videos.clips).max(dim=2)
    retrieved = found.retrieve(named)
    torch.testing.assert_close(retrieved.score, best.gather(1, named))
    torch.testing.assert_close(retrieved.place[..., 0], position.gather(1, named) / 8)


def test_ids_that_are_not_sorted_are_refused(model, videos):
    part = partial(rows_of, videos)
    for parts in ([part(slice(6, 12)), part(slice(0, 6))], [part(slice(0, 6)), part(slice(5, 12))]):
        with pytest.raises(ValueError, match="sorted"):
            Index.build_in_parts(model, parts, 20, CPU)


def test_no_video_with_features_is_said_so(model):
    with pytest.raises(PipelineError, match="no video has features"):
        Index.build_in_parts(model, [], 5, CPU)


def test_a_diverged_model_is_refused(model, corpus, videos):
    broken = VideoRows(*(field * float("nan") if field.is_floating_point() else field for field in videos.videos))
    index = Index.build(model, dataclasses.replace(videos, videos=broken), CPU)
    with pytest.raises(PipelineError, match="diverged"):
        index.search(corpus.query, corpus.query_mask, 10)
