"""How much two spans of time overlap: IoU, the overlap divided by the hull, the shortest span that covers both.

It is computed in float32 as in TVR's evaluator, since the rounding decides about spans right at a threshold.
Test: tests/localizers/test_overlap.py.
"""

import torch
from torch import Tensor


def iou(predicted: Tensor, annotated: Tensor) -> Tensor:
    """Compute the temporal IoU (...) float32 of spans (..., 2) in seconds; 0 where their hull is empty or NaN."""
    predicted, annotated = predicted.float(), annotated.float()
    overlap = torch.minimum(predicted[..., 1], annotated[..., 1]) - torch.maximum(predicted[..., 0], annotated[..., 0])
    hull = torch.maximum(predicted[..., 1], annotated[..., 1]) - torch.minimum(predicted[..., 0], annotated[..., 0])
    return torch.where(hull > 0, overlap.clamp(min=0) / hull, 0.0)
