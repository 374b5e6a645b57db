"""The classifier of spans: does a span show what the query says? It trains what the clips hold, and is not used after.

Right are the spans with an IoU above 0.7 with the moment in the true video; wrong are the spans of the other videos
that the present logits put first. Source: PREM, section 4.6. Test: tests/localizers/test_prem_adversarial.py.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.localizers.common.interface import Boundaries
from pipeline.localizers.common.spans import best_spans
from pipeline.models.common.two_modal import TransformerLayer
from pipeline.ops import Linear

RIGHT_TENTHS = 7
"""A span is right if its IoU with the moment is above this many tenths; counted in whole clips, no rounding decides."""
WRONG = 5
"""Wrong spans of each other video."""


class Spans(NamedTuple):
    """S spans of several videos: the row of each one's video, (S,), and its first and last clip, (S,), all int64."""

    video: Tensor
    first: Tensor
    last: Tensor


class SpanClassifier(nn.Module):
    """Maps fused clips by a Transformer layer, and tells of a span, the maximum over its clips, whether it is right."""

    def __init__(self, hidden: int, heads: int, inner: int, dropout: float):
        super().__init__()
        self.layer = TransformerLayer(hidden, heads, inner, dropout)
        self.maps = nn.Sequential(
            Linear(hidden, hidden), nn.ReLU(), Linear(hidden, hidden), nn.ReLU(), Linear(hidden, 1)
        )

    def forward(self, fused: Tensor, mask: Tensor, spans: Spans) -> Tensor:
        """Compute the logits (S,) float32 of spans of P videos; fused: (P, L, d), mask: (P, L), false at padding."""
        return self.maps(maxima(self.layer(fused, mask), spans)).squeeze(-1).float()


def spans_to_judge(
    boundaries: Boundaries, mask: Tensor, moment: Tensor, shortest: int, longest: int
) -> tuple[Spans, Tensor]:
    """Choose the spans that the classifier learns from, and say which are right, (S,) bool.

    boundaries, mask: of B (1 + n) videos, the true one of each query first. moment: (B, 2). shortest, longest: how many
    clips wrong spans have.
    """
    true = torch.zeros(len(moment), len(mask) // len(moment), dtype=torch.bool, device=mask.device)
    true[:, 0] = True
    place = torch.arange(len(mask), device=mask.device)
    of_true, others = place[true.flatten()], place[~true.flatten()]
    right = right_spans(moment, mask[of_true].sum(dim=1), mask.shape[1])
    wrong = wrong_spans(Boundaries(*(logits[others] for logits in boundaries)), mask[others], shortest, longest)
    video = torch.cat([of_true[right.video], others[wrong.video]])
    spans = Spans(video, torch.cat([right.first, wrong.first]), torch.cat([right.last, wrong.last]))
    return spans, torch.arange(len(video), device=mask.device) < len(right.video)


def right_spans(moment: Tensor, counts: Tensor, clips: int) -> Spans:
    """Find all spans whose IoU with the moment is above 0.7, in order of video, first and last clip.

    moment: (B, 2) int64, first and last clip in each of B videos. counts: (B,), how many clips the videos have. clips:
    the most of them.
    """
    first = torch.arange(clips, device=moment.device)[:, None]
    last = torch.arange(clips, device=moment.device)
    start, end = moment[:, 0, None, None], moment[:, 1, None, None]
    overlap = torch.minimum(last, end) - torch.maximum(first, start) + 1
    hull = torch.maximum(last, end) - torch.minimum(first, start) + 1
    right = (10 * overlap > RIGHT_TENTHS * hull) & (first <= last) & (last < counts[:, None, None])
    return Spans(*right.nonzero().unbind(1))


def wrong_spans(boundaries: Boundaries, mask: Tensor, shortest: int, longest: int) -> Spans:
    """Take the WRONG spans of each video whose logits are best, of `shortest` to `longest` clips; without gradients."""
    with torch.no_grad():
        found = best_spans(*boundaries, mask, shortest, longest, WRONG)
        video, place = found.score.isfinite().nonzero().unbind(1)
        return Spans(video, *found.clips[video, place].unbind(1))


def maxima(clips: Tensor, spans: Spans) -> Tensor:
    """Compute the element-wise maxima (S, d) over spans of clips (P, L, d).

    The maxima over all runs of 1, 2, 4, ... clips are made first, each from two of half its size; a span is covered by
    two runs, which may overlap.
    """
    length = spans.last - spans.first + 1
    longest = int(length.max()) if len(length) else 1
    runs = [clips]
    while 2 ** len(runs) <= longest:
        half = 2 ** (len(runs) - 1)
        previous = runs[-1]
        runs.append(torch.maximum(previous[:, :-half], previous[:, half:]))
    sizes = torch.tensor([run.shape[1] for run in runs], device=clips.device)
    level = (length[:, None] >= 2 ** torch.arange(1, len(runs), device=clips.device)).sum(dim=1)
    offset = (sizes * len(clips)).cumsum(0) - sizes * len(clips)
    rows = torch.cat([run.flatten(0, 1) for run in runs])
    begin = offset[level] + spans.video * sizes[level] + spans.first
    second = begin + length - 2**level
    # Not rows[begin]: several threads would add its gradients in any order.
    return torch.maximum(rows.index_select(0, begin), rows.index_select(0, second))


def classification_loss(logits: Tensor, right: Tensor, query: Tensor, queries: int, reduction: str) -> Tensor:
    """Compute the binary cross entropy of S spans.

    right: (S,) bool. query: (S,) int64, the query of each span, one of `queries`. reduction: see `adv_reduction` in
    PremLocalizerRecipe; for a query without wrong spans the right ones count half all the same.
    """
    losses = F.binary_cross_entropy_with_logits(logits, right.float(), reduction="none")
    if reduction == "flat":
        return losses.mean()
    group = 2 * query + right.long()
    sizes = group.bincount(minlength=2 * queries)
    return (losses / sizes[group]).sum() / (2 * queries)
