"""Feature rows of any number -> a fixed number of clips, and L2 normalisation, exactly as the PRVR benchmarks do it.

Slot i of S averages rows b_i .. b_{i+1} - 1 with b_i = min(round_half_even(i / S * n), n - 1), or takes row b_i alone
where that range is empty: fewer rows than slots repeat, and from n = 3S/2 on the last row is never used.
Test: tests/corpus/test_sampling.py (bit-equal to the parity fixture).
"""

import torch
from torch import Tensor

EPSILON = 1e-5  # the benchmarks' addend to a row's norm


def slots_of(length: int, slots: int) -> tuple[Tensor, Tensor]:
    """First row and number of rows that each of `slots` slots averages, two (slots,) int64; `length` >= 1 rows."""
    share = torch.arange(slots + 1, dtype=torch.float32) / slots
    bounds = torch.round(share * length).long().clamp(max=length - 1)
    return bounds[:-1], bounds.diff().clamp(min=1)


def fixed_length(rows: Tensor, slots: int) -> Tensor:
    """(n, D) rows, n >= 1 -> (slots, D) averages, in the dtype of the rows."""
    first, count = slots_of(len(rows), slots)
    averages = rows.new_empty(slots, *rows.shape[1:])
    for number in set(count.tolist()):  # slots of equally many rows are averaged at once: there are two or three kinds
        alike = (count == number).nonzero()[:, 0]
        averages[alike] = rows[first[alike, None] + torch.arange(number)].mean(dim=1)
    return averages


def at_most(rows: Tensor, slots: int) -> Tensor:
    """(n, D) -> (min(n, slots), D): the rows themselves where they are few enough, else `fixed_length`."""
    return rows if len(rows) <= slots else fixed_length(rows, slots)


def l2_normalize(rows: Tensor) -> Tensor:
    """(..., D): each row over its norm + 1e-5, in the dtype of the rows; a zero row stays zero."""
    return rows / (torch.linalg.vector_norm(rows, dim=-1, keepdim=True) + EPSILON)
