"""The threshold tells queries whose video is there from those whose video is not; it is None where nothing tells."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import torch

from pipeline.evaluation.standing_out import choose_threshold

VIDEOS, EACH = 30, 3


@dataclass
class Scored:
    """An index whose scores are given."""

    score: torch.Tensor
    blocks: int = 7

    def scores(self, query, mask):
        yield from self.score.split(self.blocks)


@dataclass
class Asked:
    also: list = field(default_factory=list)

    def __post_init__(self):
        self.video_ids = [f"v{i:02}" for i in range(VIDEOS)]
        self.query_ids = [f"q{i:03}" for i in range(EACH * VIDEOS)]
        self.labels = torch.arange(VIDEOS).repeat_interleave(EACH)
        self.query = self.query_mask = torch.zeros(EACH * VIDEOS, 1)


def scores(lead: float, seed: int = 1) -> torch.Tensor:
    score = torch.randn(EACH * VIDEOS, VIDEOS, generator=torch.Generator().manual_seed(seed))
    score[torch.arange(len(score)), Asked().labels] += lead
    return score


def fit(score: torch.Tensor, threshold: float) -> torch.Tensor:
    return score.amax(dim=1) >= threshold


def test_queries_whose_video_leads_are_told_from_those_without_it():
    score = scores(9.0)
    found = choose_threshold(Scored(score), Asked(), "val")
    assert found["kept"] > 0.95 and found["refused"] > 0.9
    assert (found["split"], found["queries"], found["videos"]) == ("val", EACH * VIDEOS, VIDEOS)
    assert fit(score, found["score"]).double().mean().item() == pytest.approx(found["kept"], abs=0.1)
    other = torch.randn(200, VIDEOS, generator=torch.Generator().manual_seed(2))
    assert fit(other, found["score"]).double().mean() < 0.2  # queries that nothing answers, seen by nobody before


def test_a_score_that_knows_nothing_has_no_threshold():
    found = [choose_threshold(Scored(scores(0.0, seed)), Asked(), "val") for seed in range(40)]
    assert sum(one is not None for one in found) <= 4  # the interval is of 95 %


def test_other_right_videos_are_taken_out_too():
    score, asked = scores(9.0), Asked(also=[(f"v{(i // EACH + 1) % VIDEOS:02}",) for i in range(EACH * VIDEOS)])
    score[torch.arange(len(score)), (asked.labels + 1) % VIDEOS] += 9.0
    assert choose_threshold(Scored(score), asked, "val")["refused"] > 0.9
    assert choose_threshold(Scored(score), Asked(), "val") is None  # where they are not known, they stand out


def test_a_handful_of_videos_is_too_few():
    few = SimpleNamespace(video_ids=["a", "b"])
    assert choose_threshold(Scored(torch.zeros(2, 2)), few, "val") is None
