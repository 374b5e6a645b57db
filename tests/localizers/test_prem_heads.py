"""Logits and shared-norm losses: equal to the numbers of the relative's code."""

import pytest
import torch
from helpers.parity import parity_arrays

from pipeline.localizers.prem.heads import BoundaryHead, masked, shared_norm


@pytest.fixture(scope="module")
def fixture() -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(values) for name, values in parity_arrays("prem_pieces.npz").items()}


def test_shared_norm_is_that_of_the_relative(fixture: dict[str, torch.Tensor]) -> None:
    start, end, mask = (fixture[f"shared_norm.input.{name}"] for name in ("start_logits", "end_logits", "mask"))
    clips = fixture["shared_norm.input.labels"].unbind(1)
    for videos, name in ((start.shape[1], "loss"), (1, "loss_without_negatives")):
        boundaries = masked(*(rows[:, :videos].flatten(0, 1) for rows in (start, end, mask.bool())))
        loss = sum(shared_norm(logits, clip) for logits, clip in zip(boundaries, clips, strict=True))
        assert loss == pytest.approx(fixture[f"shared_norm.expect.{name}"].item(), rel=1e-6)


@torch.no_grad()
def test_the_head_is_that_of_the_relative(fixture: dict[str, torch.Tensor]) -> None:
    head = BoundaryHead(32, units=16)
    head.load_state_dict({
        ours: fixture[f"conv_head.weights.clip_score_predictor.{theirs}.weight"]
        for ours, theirs in (("inner.weight", 0), ("outer.weight", 2))
    })  # fmt: skip
    logits = head(fixture["conv_head.input.features"]) * fixture["conv_head.input.mask"]
    expected = fixture["conv_head.expect.logits"]
    assert (logits - expected).abs().max() <= 1e-5 * expected.abs().max()
