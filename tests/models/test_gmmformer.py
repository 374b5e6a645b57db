"""GMMFormer: the windows by hand, the block of four attentions, what `window` changes, the published size."""

import pytest
import torch
from helpers.recipes import recipe_of

from pipeline.models.common.interface import NO_MOMENT
from pipeline.models.gmmformer.losses import query_diversity_loss
from pipeline.models.gmmformer.model import GaussianBlock, GMMFormer, gaussian_windows
from pipeline.training.optimizer import decay_groups


def window(length: int, width: int, size: int | None = None) -> torch.Tensor:
    return gaussian_windows(torch.tensor([length]), size or length)[0, width]


def test_windows_by_hand():
    broad = [
        [1, 0.835270, 0.486752, 0.197899],
        [0.913931, 1, 0.763380, 0.406570],
        [0.697676, 1, 1, 0.697676],
        [0.406570, 0.763380, 1, 0.913931],
    ]
    assert torch.allclose(window(4, 2), torch.tensor(broad), atol=1e-6)
    assert torch.allclose(window(4, 1)[1], torch.tensor([0.105399, 1, 0.001171, 0]), atol=1e-6)
    assert torch.equal(window(1, 1), torch.ones(1, 1))


def test_the_maximum_lies_on_the_diagonal_then_one_to_its_left():
    assert window(32, 0).argmax(dim=1).tolist() == [row if row <= 16 else row - 1 for row in range(32)]


@pytest.mark.parametrize("length", [1, 2, 7, 40])
def test_padding_changes_no_window_of_what_is_not_padding(length):
    padded = gaussian_windows(torch.tensor([length, 128]), 128)[0]
    assert torch.equal(padded[:, :length, :length], gaussian_windows(torch.tensor([length]), length)[0])
    assert bool(torch.isfinite(padded).all() and (padded <= 1).all())


def test_a_block_is_the_mean_of_a_plain_and_three_windowed_attentions():
    torch.manual_seed(0)
    block = GaussianBlock(16, 2, 0.0).eval()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter)
    sequence, mask = torch.randn(3, 5, 16), torch.arange(5) < torch.tensor([5, 1, 3])[:, None]
    windows = gaussian_windows(mask.sum(dim=1), 5)
    every = torch.cat([torch.ones(3, 1, 5, 5), windows], dim=1)
    units = [unit(sequence, mask, every[:, number, None]) for number, unit in enumerate(block.units)]
    assert torch.allclose(block(sequence, windows, mask)[mask], (sum(units) / 4)[mask], atol=1e-5)


@torch.inference_mode()
def test_published_windows_follow_the_longest_video_of_the_batch(make_model, videos):
    alone = type(videos)(videos.clips[3:4], videos.frames[3:4, :7], videos.frame_mask[3:4, :7])
    for name, equal in (("own_length", True), ("padded", False)):
        model = make_model("gmmformer", window=name)
        difference = (model.encode_video(videos).frame[3] - model.encode_video(alone).frame[0]).abs().max()
        assert bool(difference < 1e-5) == equal


@torch.inference_mode()
def test_the_score_weighs_clips_and_frame(make_model, videos, queries):
    tokens, mask, _ = queries
    scores = {}
    for weight in (0.0, 0.25, 1.0):
        model = make_model("gmmformer", clip_weight=weight)
        scores[weight] = model.score(model.encode_query(tokens, mask), model.index(model.encode_video(videos))).score
    assert torch.allclose(scores[0.25], 0.25 * scores[1.0] + 0.75 * scores[0.0], atol=1e-6)


def test_the_span_is_the_best_clips(make_model):
    moment, span = make_model("gmmformer", clips=8).localize(None, None, torch.arange(2), torch.tensor([0, 7]))
    assert moment.tolist() == [NO_MOMENT] * 2 and span.tolist() == [[0.0, 0.125], [0.875, 1.0]]


@pytest.mark.parametrize(
    ("dataset", "sizes", "published"), [("tvr", (3072, 768), 12_848_256), ("charades", (1024, 1024), 11_366_016)]
)
def test_the_published_size(dataset, sizes, published):
    model = GMMFormer(*sizes, recipe_of("gmmformer", dataset))
    unused = (128 - 32) * 384  # rows of the published clip position table
    assert sum(parameter.numel() for parameter in model.parameters()) == published - unused
    assert [len(group["params"]) for group in decay_groups(model, 0.01)] == [76, 117]


QUERIES = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 2.0]], dtype=torch.float64)


def test_query_diversity_by_hand():
    loss = query_diversity_loss(QUERIES, torch.tensor([0, 0, 1]), alpha=32, delta=0.15)
    assert loss.item() == pytest.approx(16.0000000000252, abs=1e-10)


def test_query_diversity_of_single_queries_is_zero():
    assert query_diversity_loss(QUERIES, torch.arange(3), alpha=32, delta=0.15).item() == 0


def test_query_diversity_does_not_overflow_nor_ask_for_grouped_queries():
    alike = torch.ones(4, 8, requires_grad=True)
    loss = query_diversity_loss(alike, torch.tensor([0, 1, 0, 1]), alpha=500, delta=0.2)
    loss.backward()
    assert loss.item() == pytest.approx(600) and torch.isfinite(alike.grad).all()
