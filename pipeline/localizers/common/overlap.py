"""How much two spans of time overlap, and non-maximum suppression (NMS), which drops spans that repeat a better one.

The overlap is IoU: the overlap divided by the hull, the shortest span that covers both. A span is judged in float32 as
in TVR's evaluator, and suppressed in float64 as in TVR's NMS, since the rounding decides about spans right at a
threshold. Test: tests/localizers/test_overlap.py.
"""

import torch
from torch import Tensor

AT_ONCE = 256
"""How many queries are suppressed at a time, so that what is in between fits a processor's cache."""


def iou(predicted: Tensor, annotated: Tensor) -> Tensor:
    """Compute the temporal IoU (...) float32 of spans (..., 2) in seconds; 0 where their hull is empty or NaN."""
    return _iou(predicted.float(), annotated.float())


def suppress(video: Tensor, span: Tensor, threshold: float) -> Tensor:
    """Find the spans that NMS keeps -> (Q, M) bool.

    video: (Q, M) int64, the video of each span, negative where there is no span. span: (Q, M, 2) start and end in
    seconds, the best of a query first. From the best on, a kept span drops the later ones of its video whose IoU with
    it is strictly greater than `threshold`. The order of the spans decides alone, so equal scores need no rule here.
    """
    parts = zip(video.split(AT_ONCE), span.double().split(AT_ONCE), strict=True)
    return torch.cat([_suppress(*part, threshold) for part in parts])


def _suppress(video: Tensor, span: Tensor, threshold: float) -> Tensor:
    kept = video >= 0
    for place in range(video.shape[1] - 1):
        later = slice(place + 1, None)
        repeats = _iou(span[:, place, None], span[:, later]) > threshold
        kept[:, later] &= ~(repeats & (video[:, place, None] == video[:, later]) & kept[:, place, None])
    return kept


def _iou(one: Tensor, other: Tensor) -> Tensor:
    overlap = torch.minimum(one[..., 1], other[..., 1]) - torch.maximum(one[..., 0], other[..., 0])
    hull = torch.maximum(one[..., 1], other[..., 1]) - torch.minimum(one[..., 0], other[..., 0])
    return torch.where(hull > 0, overlap.clamp(min=0) / hull, 0.0)
