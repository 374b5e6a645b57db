"""AMDNet: the masks are the published formula, and the moment over the best clip is the one retrieved."""

import copy

import pytest
import torch

from pipeline.models.amdnet.losses import diversity_loss, relevance_loss
from pipeline.models.amdnet.model import VideoIndex, log_masks


@torch.inference_mode()
def test_masks_and_spans(make_model, videos):
    encoding = make_model().encode_video(videos)
    assert torch.equal(encoding.moment_masks.amax(dim=-1), torch.ones(5, 4))
    assert bool((encoding.moment_masks >= 0).all())
    assert bool(((encoding.spans > 0) & (encoding.spans < 1)).all())


def test_masks_are_the_published_formula():
    spans = torch.rand(3, 4, 2, generator=torch.Generator().manual_seed(0)).double() * 0.8 + 0.1
    time = torch.linspace(0, 1, 32).double()
    deviation = spans[..., 1:] / 9
    density = 0.39894228 / deviation * torch.exp(-((time - spans[..., :1]) ** 2) / (2 * deviation**2))
    expected = density / density.amax(dim=-1, keepdim=True)
    assert torch.allclose(log_masks(spans, 32).exp(), expected, atol=1e-6)


@torch.inference_mode()
def test_masks_are_exact_for_the_clips_they_come_from(make_model, videos):
    model, seen = make_model(), []
    model.video_position.register_forward_hook(lambda module, inputs, output: seen.append(output.double()))
    masks = model.encode_video(videos).moment_masks
    exact = copy.deepcopy(model).double()
    overview = exact.overview(exact.overview_norm(seen[0].mean(dim=1)))
    expected = log_masks(exact.anchors(overview).sigmoid().unflatten(-1, (-1, 2)), 12).exp()
    assert torch.allclose(masks.double(), expected, rtol=0, atol=1e-7)


def test_a_narrow_moment_between_two_clips_is_no_division_of_zero_by_zero():
    spans = torch.tensor([[[0.5 / 31, 1e-4], [10.49 / 31, 1e-6]]], requires_grad=True)
    masks = log_masks(spans, 32).exp()
    masks.sum().backward()
    assert torch.isfinite(masks).all() and torch.isfinite(spans.grad).all()
    assert torch.equal(masks.amax(dim=-1), torch.ones(1, 2))


def test_localize_takes_the_moment_over_the_clip_and_clips_it_to_the_video(make_model):
    index = VideoIndex(None, torch.tensor([[[0.1, 0.4], [0.8, 0.2]], [[0.5, 0.2], [0.9, 0.6]]]))
    video, position = torch.tensor([0, 0, 1, 1]), torch.tensor([1, 8, 5, 10])
    moment, span = make_model(clips=11).localize(None, index, video, position)
    assert moment.tolist() == [0, 1, 0, 1]
    assert span.flatten().tolist() == pytest.approx([0.0, 0.3, 0.7, 0.9, 0.4, 0.6, 0.6, 1.0])


def test_localize_takes_the_nearest_where_no_mask_reaches(make_model):
    index = VideoIndex(None, torch.tensor([[[0.1, 0.01], [0.6, 0.01]]]))
    moment, _ = make_model(clips=11).localize(None, index, torch.tensor([0]), torch.tensor([10]))
    assert moment.tolist() == [1]


def test_diversity_by_hand():
    apart = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    assert diversity_loss(apart, alpha=1.0).item() == 0
    assert diversity_loss(apart, alpha=0.25).item() == pytest.approx(2 * 0.75**2)
    alike = torch.tensor([[[1.0, 1.0], [1.0, 1.0]]])  # rows (.5, .5): every overlap is .5
    assert diversity_loss(alike, alpha=0.15).item() == pytest.approx(2 * 0.35**2 + 2 * 0.5**2)


def test_relevance_by_hand():
    query = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    overview = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    moments = torch.tensor([[[0.6, 0.8], [0.8, 0.6]], [[0.0, 5.0], [1.0, 0.0]]])
    # first: .02 + 1 - .8; second: its best moment equals its overview, .02 + 1 - 1
    loss = relevance_loss(query, moments, overview, torch.tensor([0, 1]), margin=0.02)
    assert loss.item() == pytest.approx((0.22 + 0.02) / 2, abs=1e-6)
