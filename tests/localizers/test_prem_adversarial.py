"""The classifier of spans: which spans are right and wrong, their features, and how their losses are weighted."""

import pytest
import torch
from helpers.prem import recipe

from pipeline.localizers.common.interface import Boundaries
from pipeline.localizers.prem.adversarial import (
    SpanClassifier,
    Spans,
    classification_loss,
    maxima,
    right_spans,
    spans_to_judge,
    wrong_spans,
)


def listed(spans: Spans) -> list[tuple[int, ...]]:
    return list(zip(*(field.tolist() for field in spans), strict=True))


def test_right_are_the_spans_of_the_paper_s_example_and_the_moment_itself() -> None:
    found = listed(right_spans(torch.tensor([[5, 8]]), torch.tensor([20]), 20))
    assert found == [(0, 4, 8), (0, 5, 7), (0, 5, 8), (0, 5, 9), (0, 6, 8)]


@pytest.mark.parametrize(("length", "count"), [(1, 1), (2, 1), (3, 3), (4, 5), (5, 8), (8, 17), (16, 64), (24, 157)])
def test_how_many_are_right_grows_with_the_moment(length: int, count: int) -> None:
    found = right_spans(torch.tensor([[40, 39 + length]]), torch.tensor([100]), 100)
    assert len(found.video) == count


def test_right_spans_stay_within_their_video() -> None:
    moment = torch.tensor([[5, 8], [0, 3], [5, 8]])
    found = listed(right_spans(moment, torch.tensor([9, 20, 20]), 20))
    assert [span for span in found if span[0] == 0] == [(0, 4, 8), (0, 5, 7), (0, 5, 8), (0, 6, 8)]
    assert [span for span in found if span[0] == 1] == [(1, 0, 2), (1, 0, 3), (1, 0, 4), (1, 1, 3)]


def test_wrong_are_the_best_spans_of_the_videos_that_are_asked_for() -> None:
    start = torch.tensor([[9.0, 0, 0, 0], [0, 3, 0, 0], [1, 2, 0, 0]], requires_grad=True)
    end = torch.tensor([[9.0, 0, 0, 0], [0, 0, 2, 1], [0, 4, 0, 0]])
    mask = torch.tensor([[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 0]]).bool()
    found = wrong_spans(Boundaries(start, end), mask, shortest=2, longest=3)
    assert listed(found)[:3] == [(1, 1, 2), (1, 1, 3), (1, 0, 2)]
    assert listed(found)[5:] == [(2, 0, 1)]  # of five it has one of two clips
    assert all(2 <= last - first + 1 <= 3 for _, first, last in listed(found))


def test_right_spans_come_from_the_true_videos_and_wrong_ones_from_the_others() -> None:
    logits, mask = torch.zeros(4, 3), torch.tensor([[1, 1, 1], [1, 1, 0], [1, 1, 0], [1, 0, 0]]).bool()
    spans, right = spans_to_judge(Boundaries(logits, logits), mask, torch.tensor([[0, 2], [1, 1]]), 1, 2)
    assert listed(spans) == [(0, 0, 2), (2, 1, 1), (1, 0, 0), (1, 0, 1), (1, 1, 1), (3, 0, 0)]
    assert right.tolist() == [True, True, False, False, False, False]


def test_the_feature_of_a_span_is_the_maximum_over_its_clips() -> None:
    clips = torch.randn(3, 11, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    spans = [(video, first, last) for video in range(3) for first in range(11) for last in range(first, 11)]
    found = maxima(clips, Spans(*torch.tensor(spans).unbind(1)))
    expected = torch.stack([clips[video, first : last + 1].amax(dim=0) for video, first, last in spans])
    assert torch.equal(found, expected)
    weight = torch.randn(found.shape, generator=torch.Generator().manual_seed(1))
    gradients = [torch.autograd.grad((one * weight).sum(), clips)[0] for one in (found, expected)]
    assert torch.allclose(*gradients, atol=1e-5)


def test_the_gradients_of_the_features_are_the_same_in_every_run_of_several_threads() -> None:
    generator, threads = torch.Generator().manual_seed(0), torch.get_num_threads()
    clips = torch.randn(40, 60, 64, generator=generator, requires_grad=True)
    ends = torch.randint(0, 60, (4000, 2), generator=generator).sort(dim=1).values
    spans = Spans(torch.randint(0, 40, (4000,), generator=generator), *ends.unbind(1))
    weight = torch.randn(4000, 64, generator=generator)
    try:
        torch.set_num_threads(4)
        runs = [torch.autograd.grad((maxima(clips, spans) * weight).sum(), clips)[0] for _ in range(4)]
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(run, runs[0]) for run in runs)


def test_each_query_and_of_it_right_and_wrong_spans_have_equal_weight() -> None:
    logits = torch.tensor([2.0, -1.0, 0.5, 1.0, -3.0])
    right, query = torch.tensor([1, 1, 0, 1, 0]).bool(), torch.tensor([0, 0, 0, 1, 1])
    each = torch.nn.functional.softplus(torch.where(right, -logits, logits))
    balanced = (each[:2].mean() + each[2] + each[3] + each[4]) / 4
    assert classification_loss(logits, right, query, 2, "query") == pytest.approx(balanced.item())
    assert classification_loss(logits, right, query, 2, "flat") == pytest.approx(each.mean().item())


def test_the_classifier_has_the_published_size() -> None:
    options = recipe("tvr")
    classifier = SpanClassifier(options.hidden, options.heads, options.inner, options.dropout)
    assert sum(parameter.numel() for parameter in classifier.parameters()) == 2_070_529
