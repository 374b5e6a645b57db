"""PREM's localizer network: its size, and what its logits and losses may not depend on."""

import pytest
import torch
from helpers.prem import localizer, queries, recipe, videos

from pipeline.corpus.videos import Videos
from pipeline.localizers.prem.heads import PADDED
from pipeline.localizers.prem.network import PremLocalizer

COUNTS = [9, 4, 7, 12, 3, 5]
"""Clips of the videos of three queries, the true one and one other each."""
MOMENT = torch.tensor([[2, 5], [0, 0], [1, 2]])


def batch() -> tuple[torch.Tensor, torch.Tensor, Videos, torch.Tensor]:
    return *queries([4, 9, 1]), videos(COUNTS), MOMENT


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("subtitle_size", "at_inference", "in_training"),
    [
        (768, 11_692_546, 13_763_075),
        # Without subtitles: no projection of them, one gate, one row of pooling, and half of the map that joins two.
        (0, 11_692_546 - 296_832 - 147_840 - 385 - 147_456, 13_763_075 - 296_832 - 147_840 - 385 - 147_456),
    ],
)
def test_the_size_is_that_of_the_published_options(subtitle_size: int, at_inference: int, in_training: int) -> None:
    network = PremLocalizer(4352, 768, recipe("tvr"), 30, subtitle_size)
    assert count(network) == in_training
    assert count(network) - count(network.classifier) == at_inference


@torch.no_grad()
@pytest.mark.parametrize("gates", ["unit_product", "unit_clip", "sigmoid", "none"])
@pytest.mark.parametrize("subtitle_size", [5, 0])
def test_padding_and_batch_mates_change_nothing(gates: str, subtitle_size: int) -> None:
    network, (tokens, mask) = localizer(subtitle_size, gates=gates), queries([4, 9, 1])
    together = videos(COUNTS[:3], subtitle_size)
    found = network.boundaries(network.encode_query(tokens, mask), network.encode_video(together))
    for row, clips in enumerate(COUNTS[:3]):
        words = int(mask[row].sum())
        alone = network.boundaries(
            network.encode_query(tokens[row : row + 1, :words], mask[row : row + 1, :words]),
            network.encode_video(Videos(*(field[row : row + 1, :clips] for field in together))),
        )
        for logits, own in zip(found, alone, strict=True):
            assert torch.allclose(logits[row, :clips], own[0], atol=1e-5)
            assert (logits[row, clips:] == PADDED).all()
    assert found.start.std() > 0.01


@torch.no_grad()
def test_a_query_looks_at_several_videos_as_at_each_alone() -> None:
    network, (tokens, mask) = localizer(), queries([4, 9, 1])
    video = network.encode_video(videos(COUNTS))
    together = network.boundaries(network.encode_query(tokens, mask), video)
    twice = network.encode_query(tokens.repeat_interleave(2, dim=0), mask.repeat_interleave(2, dim=0))
    for logits, expected in zip(together, network.boundaries(twice, video), strict=True):
        assert torch.allclose(logits, expected, atol=1e-4)


@torch.no_grad()
def test_padding_after_the_longest_video_is_padding() -> None:
    network, (tokens, mask) = localizer(), queries([4, 9, 1])
    query, video = network.encode_query(tokens, mask), network.encode_video(videos([9, 4, 7, 12]))
    three = type(video)(*(field[:3] for field in video))
    expected = network.boundaries(query, type(video)(three.clips[:, :, :9], three.mask[:, :9]))
    for logits, own in zip(network.boundaries(query, three), expected, strict=True):
        assert torch.allclose(logits[:, :9], own, atol=1e-4)
        assert logits.shape == (3, 12) and (logits[:, 9:] == PADDED).all()


@torch.no_grad()
def test_the_order_of_the_queries_changes_no_loss() -> None:
    network, (tokens, mask, seen, moment) = localizer(), batch()
    losses = network.losses(tokens, mask, seen, moment)
    order = torch.tensor([2, 0, 1])
    pairs = (2 * order[:, None] + torch.arange(2)).flatten()
    permuted = network.losses(tokens[order], mask[order], Videos(*(field[pairs] for field in seen)), moment[order])
    for name in ("start", "end", "adversarial", "total"):
        assert torch.allclose(losses[name], permuted[name], rtol=1e-5), name
    one = network.losses(tokens[:1], mask[:1], Videos(*(field[:2] for field in seen)), moment[:1])
    assert not torch.allclose(losses["total"], one["total"])


@torch.no_grad()
def test_the_total_is_the_sum_of_its_parts_and_the_classifier_can_be_left_out() -> None:
    network = localizer(adversarial_weight=0.5)
    losses = network.losses(*batch())
    assert losses["total"].item() == pytest.approx(
        (losses["start"] + losses["end"] + 0.5 * losses["adversarial"]).item()
    )
    assert set(localizer(adversarial_weight=0.0).losses(*batch())) == {"start", "end", "total"}


def test_every_weight_learns_also_without_other_videos() -> None:
    for clips, n in ((COUNTS, 1), (COUNTS[::2], 0)):
        network = localizer().train()
        network.losses(*queries([4, 9, 1]), videos(clips), MOMENT)["total"].backward()
        still = {name for name, one in network.named_parameters() if one.grad is None or not one.grad.any()}
        # A softmax does not see what is added to all of its keys or logits, nor row 0 of the words' table of two.
        assert still <= {name for name in still if name.endswith(("key.bias", "pooling.logits.bias"))}, (n, still)


@torch.no_grad()
def test_features_are_standardized() -> None:
    network, (tokens, mask) = localizer(), queries([4, 9, 1])
    query, seen = network.encode_query(tokens, mask), videos(COUNTS[:3])
    scale = torch.linspace(0.1, 10, seen.frames.shape[-1])
    expected = network.boundaries(query, network.encode_video(seen))
    network.standardize.mean.copy_(3 * scale)
    network.standardize.deviation.copy_(scale)
    network.standardize.fitted = True
    found = network.boundaries(query, network.encode_video(seen._replace(frames=(seen.frames + 3) * scale)))
    assert torch.allclose(found.start, expected.start, rtol=1e-3, atol=1e-3)


def test_bfloat16_gives_finite_losses_near_those_of_float32() -> None:
    network = localizer()
    with torch.autocast("cpu", torch.bfloat16):
        losses = network.losses(*batch())
    losses["total"].backward()
    assert all(losses[name].dtype == torch.float32 for name in losses)
    assert all(torch.isfinite(one.grad).all() for one in network.parameters() if one.grad is not None)
    assert losses["total"].item() == pytest.approx(network.losses(*batch())["total"].item(), rel=0.05)


@torch.no_grad()
def test_what_the_projections_compute_passes_through() -> None:
    network = localizer()
    network.pass_through()
    (visual,), (words,) = network.projections()
    seen, (tokens, mask) = videos(COUNTS[:3]), queries([4, 9, 1])
    query, video = network.encode_query(tokens, mask), network.encode_video(seen)

    def normalized(rows: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.layer_norm(rows, rows.shape[-1:])

    for ours, projection, features, real in (
        (video.clips[:, 0], visual, seen.frames, seen.frame_mask),
        (query.words, words, tokens, mask),
    ):
        expected = normalized(projection(features))
        similarity = torch.nn.functional.cosine_similarity(ours, expected, dim=-1)
        assert similarity[real].min() > 0.9999
