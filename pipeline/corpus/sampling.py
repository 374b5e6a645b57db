"""Averages any number of feature rows to a fixed number, and normalises rows, exactly as the PRVR benchmarks do.

Slot i of S is the mean of the rows b_i to b_{i+1} - 1, where b_i = min(round_half_even(i / S * n), n - 1); where that
range is empty, it is row b_i alone. So where there are fewer rows than slots, rows repeat, and where there are 3S/2
rows or more, the last one is never used.
Test: tests/corpus/test_sampling.py (bit-equal to the parity fixture).
"""

import torch
from torch import Tensor

EPSILON = 1e-5  # the benchmarks' addend to a row's norm


def slots_of(length: int, slots: int) -> tuple[Tensor, Tensor]:
    """Compute which of `length` >= 1 rows each slot averages: the first one, and how many; two (slots,) int64."""
    share = torch.arange(slots + 1, dtype=torch.float32) / slots
    bounds = torch.round(share * length).long().clamp(max=length - 1)
    return bounds[:-1], bounds.diff().clamp(min=1)


def fixed_length(rows: Tensor, slots: int) -> Tensor:
    """Average n >= 1 rows (n, D) to `slots` rows (slots, D), in the dtype of the rows."""
    first, count = slots_of(len(rows), slots)
    averages = rows.new_empty(slots, *rows.shape[1:])
    for number in set(count.tolist()):  # slots of equally many rows are averaged at once: there are two or three kinds
        alike = (count == number).nonzero()[:, 0]
        averages[alike] = rows[first[alike, None] + torch.arange(number)].mean(dim=1)
    return averages


def at_most(rows: Tensor, slots: int) -> Tensor:
    """Average rows (n, D) to `slots` rows only where there are more than that -> (min(n, slots), D)."""
    return rows if len(rows) <= slots else fixed_length(rows, slots)


def l2_normalize(rows: Tensor) -> Tensor:
    """Divide each row (..., D) by its L2 norm + 1e-5, in the dtype of the rows; a row of zeros stays zeros."""
    return rows / (torch.linalg.vector_norm(rows, dim=-1, keepdim=True) + EPSILON)
