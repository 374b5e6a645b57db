"""The logits of where a moment starts and ends, and the losses that compare them over several videos.

Source: PREM, section 4.5, with the convolutions of its relative CONQUER. Test: tests/localizers/test_prem_heads.py.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.localizers.common.interface import Boundaries

PADDED = -1e4
"""The logit of padding. A softmax makes 0 of it, and float16 holds it."""
UNITS, KERNEL = 128, 5


class BoundaryHead(nn.Module):
    """Two convolutions over the clips with ReLU between, the first one `KERNEL` clips wide; one logit a clip."""

    def __init__(self, hidden: int, units: int = UNITS):
        super().__init__()
        self.inner = nn.Conv1d(hidden, units, KERNEL, padding=KERNEL // 2, bias=False)
        self.outer = nn.Conv1d(units, 1, 1, bias=False)

    def forward(self, fused: Tensor) -> Tensor:
        """Compute the logits (P, L) of fused clips (P, L, d), which are zero at padding."""
        return self.outer(torch.relu(self.inner(fused.transpose(1, 2)))).squeeze(1)


def masked(start: Tensor, end: Tensor, mask: Tensor) -> Boundaries:
    """Give the logits (P, L) of padding the value PADDED, all in float32; mask: (P, L) bool, false at padding."""
    return Boundaries(*(logits.float().masked_fill(~mask, PADDED) for logits in (start, end)))


def shared_norm(logits: Tensor, clip: Tensor) -> Tensor:
    """Compute the cross entropy of the right clip among the clips of all videos of a query, the mean over B queries.

    logits: (B (1 + n), L), the true video of each query first, PADDED at padding. clip: (B,) int64, the right clip.
    """
    return F.cross_entropy(logits.view(len(clip), -1), clip)
