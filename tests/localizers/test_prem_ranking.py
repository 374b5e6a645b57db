"""The lists of spans: equal, in every entry and order, to those of the relative's code."""

import re

import pytest
import torch
from helpers.parity import parity_arrays, parity_json
from helpers.prem import recipe

from pipeline.localizers.common.interface import Boundaries
from pipeline.localizers.common.moments import rank
from pipeline.localizers.prem.heads import masked
from pipeline.localizers.prem.ranking import joint, spans_of

CASES = [f"{form} min{low} max{high}" for form in ("logit_sum", "per_video_softmax", "boundary_sum")
         for low, high in ((0, 24), (1, 6), (3, 7))]  # fmt: skip
CLIP, KEPT = 1.5, 60


@pytest.mark.parametrize("case", CASES)
def test_the_lists_are_those_of_the_relative(case: str) -> None:
    arrays = {name: torch.from_numpy(values) for name, values in parity_arrays("prem_pieces.npz").items()}
    expected = parity_json("prem_pieces.json")["ranking"]["lists"][case]
    form, low, high = re.fullmatch(r"(\w+) min(\d+) max(\d+)", case).groups()
    fusion = "per_video_softmax" if form == "per_video_softmax" else "logit_sum"
    own = recipe(fusion=fusion, overlap=None, min_clips=int(low) + 1, max_clips=int(high), nms=1.0, after_nms=KEPT)
    start, end, mask = (
        arrays[f"ranking.input.{name}"].flatten(0, 1) for name in ("start_logits", "end_logits", "mask")
    )
    pairs = spans_of(masked(start, end, mask.bool()), mask.bool(), own)
    clips, score = (field.unflatten(0, arrays["ranking.input.mask"].shape[:2]) for field in pairs)
    seconds = (clips + torch.tensor([0, 1])) * CLIP
    first_stage, candidates = arrays["ranking.input.video_scores"], arrays["ranking.input.candidates"]
    if form == "boundary_sum":
        first_stage = torch.zeros_like(first_stage)
    lists = {
        "VCMR": rank(candidates, seconds[:, 1:], joint(first_stage, score[:, 1:], own), own),
        "SVMR": rank(arrays["ranking.input.true_video"][:, None], seconds[:, :1], score[:, :1], own),
    }
    for task in lists.keys() & expected.keys():
        for query, theirs in enumerate(expected[task]):
            video, span, value = (field[query] for field in lists[task])
            there = video >= 0
            rows = [[one, *ends] for one, ends in zip(video[there].tolist(), span[there].tolist(), strict=True)]
            assert rows == [row[:3] for row in theirs]
            assert value[there].tolist() == pytest.approx([row[3] for row in theirs], rel=1e-5)
    for query, theirs in enumerate(expected.get("VR", [])):
        best = score[query, 1:, 0]
        order = best.argsort(descending=True, stable=True)
        found = [(candidates[query, one].item(), best[one].item()) for one in order if best[one] > -torch.inf]
        spanned = [row for row in theirs if row[1] > -1000]  # the others are too short for any span
        assert [video for video, _ in found] == [video for video, _ in spanned]
        assert [value for _, value in found] == pytest.approx([value for _, value in spanned], rel=1e-5)


@pytest.mark.parametrize("fusion", ["logit_sum", "per_video_softmax"])
@pytest.mark.parametrize("overlap", [None, 1.5])
def test_a_better_span_of_a_video_is_above_a_worse_one_whatever_the_sign_of_the_videos_score(fusion, overlap) -> None:
    logits = torch.randn(2, 2, 9, generator=torch.Generator().manual_seed(0))
    own = recipe(fusion=fusion, overlap=overlap)
    score = spans_of(Boundaries(*logits), torch.ones(2, 9, dtype=torch.bool), own).score[None, :, :40]
    assert bool((score.diff() < 0).all())
    for of_videos in ([0.5, 0.4], [0.1, -0.1], [-0.2, -0.5]):
        assert bool((joint(torch.tensor([of_videos]), score, own).diff() < 0).all())


def test_with_per_video_softmax_a_span_overlaps_with_the_likely_ones_as_all_pairs_of_clips_say() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = Boundaries(*torch.randn(2, 1, 6, generator=generator))
    found = spans_of(logits, torch.ones(1, 6, dtype=torch.bool), recipe(fusion="per_video_softmax", overlap=1.0))
    start, end = (side[0].softmax(dim=0) for side in logits)
    for (first, last), score in zip(found.clips[0].tolist(), found.score[0].tolist(), strict=True):
        if score > -torch.inf:
            expected = sum(
                start[i] * end[j] * max(0, min(last, j) + 1 - max(first, i)) / (max(last, j) + 1 - min(first, i))
                for i in range(6)
                for j in range(i, 6)
            )
            assert score == pytest.approx(expected.item(), rel=1e-5)


def test_where_there_is_no_span_the_score_of_the_video_makes_none() -> None:
    none = torch.full((1, 2, 3), -torch.inf)
    for fusion in ("logit_sum", "per_video_softmax"):
        assert joint(torch.tensor([[-0.5, 0.0]]), none, recipe(fusion=fusion)).isneginf().all()
