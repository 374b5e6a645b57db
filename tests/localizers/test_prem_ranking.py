"""The lists of spans: equal, in every entry and order, to those of the relative's code."""

import re

import pytest
import torch
from helpers.parity import parity_arrays, parity_json
from helpers.prem import recipe

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


def test_where_there_is_no_span_the_score_of_the_video_makes_none() -> None:
    none = torch.full((1, 2, 3), -torch.inf)
    for fusion in ("logit_sum", "per_video_softmax"):
        assert joint(torch.tensor([[-0.5, 0.0]]), none, recipe(fusion=fusion)).isneginf().all()
