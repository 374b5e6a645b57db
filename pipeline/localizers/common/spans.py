"""The best spans of a video by the logits of their first and last clips. Test: tests/localizers/test_spans.py."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.retrieval.search import best_first

TABLE_SPANS = 128 * 129 // 2
"""The most spans of a video whose overlaps with each other are kept: those of any length in 128 clips."""
BLOCK = 2**20
"""How many overlaps are computed at a time."""


class ClipSpans(NamedTuple):
    """S spans of clips in each of P videos, the best first.

    clips: (P, S, 2) int64, first and last clip. score: (P, S), -inf after a video's last span.
    """

    clips: Tensor
    score: Tensor


def best_spans(
    start: Tensor, end: Tensor, mask: Tensor, shortest: int, longest: int, most: int, overlap: float | None = None
) -> ClipSpans:
    """Find the spans with the largest sums of start and end: at most `most`, each of `shortest` to `longest` clips.

    start, end: (P, L), of the first and of the last clip. mask: (P, L) bool, true at the clips of a video, false at the
    padding after them. overlap: where it is given, the spans are those with the largest `expected_overlap` of this
    sharpness instead. Equal spans keep the order of their first clips, then of their lengths.
    """
    scores = _sums(start, end, mask, shortest, longest)
    if overlap is not None:
        scores = expected_overlap(scores, shortest, overlap)
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


def expected_overlap(scores: Tensor, shortest: int, sharpness: float) -> Tensor:
    """Compute log(sum_j exp(c score_j) IoU(i, j)) / c, c = `sharpness`, for each span i from the scores of all spans j.

    It is the IoU with the moment that is to be expected of a span, if exp(c score) is how likely each span is the
    moment: its logarithm, and beside it one number a video, how likely any span is, so that it can be compared between
    videos as the scores can. The span with the largest score lies between the most likely start and the most likely
    end, and may have little overlap with the other likely ones; for a large c it is the best one here too.

    scores: (P, L, W) of the spans of P videos, by first clip and by length, of which the first is `shortest`; -inf
    where there is no span, and so is the result. The sums are in float32, whatever the scores are in. Of at most
    TABLE_SPANS spans the IoU of all pairs is kept as a table, 0.3 GB, of two lengths of videos at most; of more spans
    BLOCK pairs are computed at a time, in 20 MB, which takes up to three times as long.
    """
    there, first, after = _ends(*scores.shape[1:], shortest)
    flat = sharpness * scores.flatten(1)[:, there]
    largest = flat.amax(dim=1, keepdim=True)
    likely = (flat - largest).exp().float()
    if len(there) <= TABLE_SPANS:
        weighted = likely @ _table(*scores.shape[1:], shortest)
    else:
        weighted = torch.empty_like(likely)
        for rows, near, overlaps in _overlaps(first, after):
            weighted[:, rows] = likely[:, near] @ overlaps.T
    expected = (weighted.log() + largest) / sharpness
    result = torch.full_like(scores.flatten(1), -torch.inf)
    result[:, there] = expected.masked_fill(flat.isneginf(), -torch.inf)
    return result.view_as(scores)


@lru_cache(maxsize=2)
def _ends(clips: int, lengths: int, shortest: int) -> tuple[Tensor, Tensor, Tensor]:
    """Find which of the spans in the order of `_sums` end within the clips, (S,) int64, and first and last clip + 1."""
    first = torch.arange(clips, dtype=torch.float32).repeat_interleave(lengths)
    after = first + torch.arange(shortest, shortest + lengths).repeat(clips)
    there = (after <= clips).nonzero()[:, 0]
    return there, first[there], after[there]


@lru_cache(maxsize=2)
def _table(clips: int, lengths: int, shortest: int) -> Tensor:
    """Compute the IoU of all pairs of the spans of `_ends`, (S, S)."""
    _, first, after = _ends(clips, lengths, shortest)
    table = torch.zeros(len(first), len(first))
    for rows, near, overlaps in _overlaps(first, after):
        table[rows, near] = overlaps
    return table


def _overlaps(first: Tensor, after: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield the IoU of some of S spans, in the order of their first clips, with all spans that may overlap with them.

    first, after: (S,), first and last clip + 1. Yields which spans these are and which those, and the IoU of the pairs.
    """
    longest, count = (after - first).max(), max(1, BLOCK // len(first))
    for begin in range(0, len(first), count):
        rows = slice(begin, begin + count)
        ours, end = first[rows, None], after[rows, None]
        near = slice(*torch.searchsorted(first, torch.stack([ours[0, 0] - longest, end.max()])).tolist())
        shared = torch.minimum(end, after[near]).sub_(torch.maximum(ours, first[near])).clamp_(min=0)
        hull = torch.maximum(end, after[near]).sub_(torch.minimum(ours, first[near]))
        yield rows, near, shared.div_(hull)
