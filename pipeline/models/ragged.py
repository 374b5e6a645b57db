"""Padded sequences encoded in parts of like length on the CPU, where padding costs as much as what is not padding.

Test: tests/models/test_ragged.py.
"""

from collections.abc import Callable

import torch
from torch import Tensor

PARTS = 8
SMALLEST_PART = 16  # sequences


def in_parts(encode: Callable[[Tensor, Tensor], Tensor], sequences: Tensor, mask: Tensor) -> Tensor:
    """`encode` of sequences (B, L, D) with their mask (B, L) bool, true from the first to the last of each -> (B, ...).

    encode: takes some of the sequences, cut to the longest of them, and their mask; its result must not depend on which
    come together, nor on padding. On a GPU all come at once: there nothing may wait for their lengths.
    """
    size = -(-len(sequences) // PARTS)
    if not sequences.is_cpu or size < SMALLEST_PART:
        return encode(sequences, mask)
    lengths = mask.sum(dim=1)
    order = lengths.argsort(stable=True)
    rows, encoded = sequences.flatten(0, 1), []
    for part in order.split(size):
        longest = int(lengths[part[-1]])
        index = part[:, None] * sequences.shape[1] + torch.arange(longest)
        encoded.append(encode(rows.index_select(0, index.flatten()).view(*index.shape, -1), mask[part, :longest]))
    return torch.cat(encoded)[order.argsort()]
