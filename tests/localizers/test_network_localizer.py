"""Answers with a network: those of each pair by itself, whatever is computed at a time, over its real clips alone."""

from dataclasses import replace

import pytest
import torch
from helpers.events import MOST, corpus_of_events
from helpers.localizers import network_of, small_recipe

from pipeline.localizers.common import encoded
from pipeline.localizers.common import network_localizer as module
from pipeline.localizers.common.interface import Boundaries, TrainedLocalizer
from pipeline.localizers.common.network_localizer import NetworkLocalizer

CPU = torch.device("cpu")
VIDEOS, QUERIES, SPANS = 7, 14, 20
CORPUS = corpus_of_events(VIDEOS)
COUNTS = CORPUS.videos.counts.tolist()
QUERY = torch.arange(QUERIES)
VIDEO = torch.stack([torch.arange(VIDEOS).roll(query) for query in range(QUERIES)])
OWN = VIDEO[:, 0]
CHOSEN = {"start": "random", "overlap": None, "fusion": "logit_sum", "clips": MOST + 2, "before_nms": SPANS}


@pytest.fixture(scope="module")
def network() -> TrainedLocalizer:
    """It reads more clips than the longest video has."""
    return network_of(CORPUS, small_recipe(**CHOSEN)).eval()


def alone(network: TrainedLocalizer, query: int, video: int) -> Boundaries:
    """The logits of one query in one video, without any padding."""
    row = torch.tensor([query])
    with torch.inference_mode():
        asked = network.encode_query(CORPUS.query[row], CORPUS.query_mask[row])
        return network.boundaries(asked, network.encode_video(CORPUS.videos.take(torch.tensor([video]), COUNTS[video])))


def test_every_pair_has_the_spans_that_it_has_alone(network):
    found = NetworkLocalizer.of_split(network, CORPUS, CPU).spans(QUERY, VIDEO)
    assert found.span.shape == (QUERIES, VIDEOS, SPANS, 2) and found.span.dtype == torch.float64
    for query, place in [(0, 0), (3, 6), (5, 2), (13, 1)]:
        video = int(VIDEO[query, place])
        start, end = (side[0].tolist() for side in alone(network, query, video))
        clips = range(COUNTS[video])  # of one second each
        expected = sorted(((start[i] + end[j], (i, j + 1)) for i in clips for j in clips[i:]), reverse=True)[:SPANS]
        score = found.score[query, place]
        assert score[: len(expected)].tolist() == pytest.approx([value for value, _ in expected], abs=1e-5)
        assert found.span[query, place, : len(expected)].tolist() == [list(span) for _, span in expected]
        assert torch.isneginf(score[len(expected) :]).all()
    assert min(COUNTS) * (min(COUNTS) + 1) / 2 < SPANS  # so some pair has fewer spans


@pytest.mark.parametrize(("videos", "pairs"), [(1, 1), (3, 3 * VIDEOS), (1000, 1000)])
def test_what_is_computed_at_a_time_changes_no_answer(network, monkeypatch, videos, pairs):
    localizer = NetworkLocalizer.of_split(network, CORPUS, CPU)
    expected = [*localizer.spans(QUERY, VIDEO), *localizer.probabilities(QUERY, OWN)]
    monkeypatch.setattr(encoded, "VIDEOS_AT_ONCE", videos)
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", pairs)
    localizer = NetworkLocalizer.of_split(network, CORPUS, CPU)
    for one, other in zip(
        [*localizer.spans(QUERY, VIDEO), *localizer.probabilities(QUERY, OWN)], expected, strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_what_stands_at_padding_changes_no_answer(network):
    rows = CORPUS.videos.frames.clone()
    rows[-1] = 1000.0  # the row that stands for padding
    padded = replace(CORPUS, videos=CORPUS.videos._replace(frames=rows))
    expected, found = (
        NetworkLocalizer.of_split(network, corpus, CPU).spans(QUERY, VIDEO) for corpus in (CORPUS, padded)
    )
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_probabilities_are_of_the_clips_that_a_video_has(network):
    localizer = NetworkLocalizer.of_split(network, CORPUS, CPU)
    found, real = localizer.probabilities(QUERY, OWN), torch.arange(MOST) < CORPUS.videos.counts[OWN, None]
    for side in found:
        assert (side[~real] == 0).all() and (side[real] > 0).all()
        torch.testing.assert_close(side.sum(dim=1), torch.ones(QUERIES))
    for query, video in zip(QUERY.tolist(), OWN.tolist(), strict=True):
        for side, logits in zip(found, alone(network, query, video), strict=True):
            torch.testing.assert_close(side[query, : COUNTS[video]], logits[0].softmax(dim=0), rtol=1e-5, atol=1e-5)


def test_curves_end_with_their_videos(network):
    curves = NetworkLocalizer.of_split(network, CORPUS, CPU).curves(QUERY, OWN)
    for curve, video in zip(curves, OWN.tolist(), strict=True):
        assert curve.clip_ends.tolist() == [float(second) for second in range(1, COUNTS[video] + 1)]
        assert curve.start.shape == curve.end.shape == (COUNTS[video],)
        assert float(curve.start.sum()) == pytest.approx(1.0) and float(curve.end.sum()) == pytest.approx(1.0)
