"""The best spans of a video by the logits of their first and last clips. Test: tests/localizers/test_spans.py."""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.retrieval.search import best_first


class ClipSpans(NamedTuple):
    """S spans of clips in each of P videos, the best first.

    clips: (P, S, 2) int64, first and last clip. score: (P, S), -inf after a video's last span.
    """

    clips: Tensor
    score: Tensor


def best_spans(start: Tensor, end: Tensor, mask: Tensor, shortest: int, longest: int, most: int) -> ClipSpans:
    """Find the spans with the largest sums of start and end: at most `most`, each of `shortest` to `longest` clips.

    start, end: (P, L), of the first and of the last clip. mask: (P, L) bool, true at the clips of a video, false at the
    padding after them. Equal spans keep the order of their first clips, then of their lengths.
    """
    scores = _sums(start, end, mask, shortest, longest)
    width = scores.shape[2]
    scores = scores.flatten(1)
    place = best_first(scores, most)
    first = torch.div(place, width, rounding_mode="floor")
    clips = torch.stack([first, first + place % width + shortest - 1], dim=-1)
    return ClipSpans(clips, scores.gather(1, place))


def _sums(start: Tensor, end: Tensor, mask: Tensor, shortest: int, longest: int) -> Tensor:
    """Add start and end (P, L) for all spans -> (P, L, W), by first clip and length; -inf where there is none."""
    clips = start.shape[1]
    longest = max(shortest, min(longest, clips))
    lowest = end.new_full((), -torch.inf)
    ends = torch.where(mask, end, lowest)
    # The end of a span of w clips that begins at clip i is ends[i + w - 1].
    padded = torch.cat([ends, lowest.expand(len(ends), longest)], dim=1)
    return start[:, :, None] + padded[:, shortest - 1 : clips + longest - 1].unfold(1, longest - shortest + 1, 1)
