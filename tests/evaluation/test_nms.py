"""What NMS leaves of the spans of a query, counted by hand."""

import dataclasses

import pytest
import torch
from helpers.localized import RECIPE, evaluate_split, opened

from pipeline.evaluation.localized import Localized, localize
from pipeline.evaluation.nms import nms_counts
from pipeline.localizers.common.interface import Localizer, Moments, PairSpans


def moments(*kept):
    """Lists of four spans a query at most."""
    video = torch.tensor([[0] * count + [-1] * (4 - count) for count in kept])
    return Moments(video, torch.zeros(len(kept), 4, 2), torch.zeros(len(kept), 4))


def test_means_extremes_and_how_many_have_fewer_than_wanted():
    before = {"VCMR": torch.tensor([9, 3, 3, 5]), "SVMR": torch.tensor([4, 4, 4, 4])}
    nothing = torch.zeros(4, 1, 2)
    found = nms_counts(Localized(nothing, nothing, moments(4, 1, 2, 4), moments(4, 4, 4, 4), before))
    assert found["VCMR"] == {"before": 5, "kept": 2.75, "fewest": 1, "most": 4, "wanted": 4, "with_fewer": 50}
    assert found["SVMR"] == {"before": 4, "kept": 4, "fewest": 4, "most": 4, "wanted": 4, "with_fewer": 0}


class Repeating(Localizer):
    """Three spans in every video, the second much like the first; the third is none in videos of an odd position."""

    def spans(self, query, video):
        span = torch.tensor([[0.0, 9.0], [0.5, 9.0], [20.0, 30.0]], dtype=torch.float64)
        third = torch.where(video % 2 == 1, -torch.inf, 0.0)
        score = torch.stack([torch.full_like(third, 2.0), torch.full_like(third, 1.0), third], dim=-1)
        return PairSpans(span.expand(*video.shape, 3, 2), score)

    def joint(self, retrieval, score):
        return retrieval[..., None] + score


@pytest.mark.parametrize("before_nms", [200, 5])
def test_what_nms_sees_is_cut_as_the_recipe_says_and_holds_no_span_that_is_not_there(model, corpus, before_nms):
    _, ranking = opened(model, corpus)
    recipe = RECIPE.model_copy(update={"before_nms": before_nms, "videos": 2, "per_video": None})
    found = localize(Repeating(), ranking, recipe)
    spans = 3 - ranking.top.video[:, :2] % 2
    assert found.before_nms["VCMR"].tolist() == spans.sum(dim=1).clamp(max=before_nms).tolist()
    assert found.before_nms["SVMR"].tolist() == (3 - corpus.labels % 2).tolist()
    if before_nms == 200:
        assert (found.vcmr.video >= 0).sum(dim=1).tolist() == (spans - 1).sum(dim=1).tolist()


def test_with_a_limit_a_video_nms_within_each_video_comes_first(model, corpus):
    _, ranking = opened(model, corpus)
    found = localize(Repeating(), ranking, RECIPE.model_copy(update={"videos": 2}))
    apart = (2 - ranking.top.video[:, :2] % 2).sum(dim=1).tolist()
    assert found.before_nms["VCMR"].tolist() == (found.vcmr.video >= 0).sum(dim=1).tolist() == apart
    assert found.before_nms["SVMR"].tolist() == (3 - corpus.labels % 2).tolist()


def test_a_split_tells_it_whether_or_not_spans_are_annotated(model, corpus):
    result = evaluate_split(model, dataclasses.replace(corpus, spans=[()] * 30))
    kept = (result.lists["SVMR"].video >= 0).sum(dim=1)
    assert result.metrics["nms"]["SVMR"]["kept"] == pytest.approx(kept.double().mean().item())
    assert result.metrics["nms"]["VCMR"]["wanted"] == RECIPE.after_nms
