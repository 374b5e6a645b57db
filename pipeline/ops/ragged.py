"""Padded sequences encoded in parts of like length on the CPU, where padding costs as much as what is not padding.

Where torch may use several threads, the parts are encoded side by side.
Test: tests/ops/test_ragged.py.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from pipeline.ops.threaded import Encode, encode_parts

PARTS = 8
SMALLEST_PART = 16  # sequences


def in_parts(encode: Encode, sequences: Tensor, mask: Tensor, parameters: Iterable[nn.Parameter]) -> Tensor:
    """`encode` of sequences (B, L, D) with their mask (B, L) bool, true from the first to the last of each -> (B, ...).

    encode: takes some of the sequences, cut to the longest of them, and their mask; its result must not depend on which
    come together, nor on padding. parameters: at least those that it uses. On a GPU all come at once: there nothing may
    wait for their lengths.
    """
    size = -(-len(sequences) // PARTS)
    if not sequences.is_cpu or size < SMALLEST_PART:
        return encode(sequences, mask)
    lengths = mask.sum(dim=1)
    order = lengths.argsort(stable=True)
    rows, parts, masks = sequences.flatten(0, 1), [], []
    for part in order.split(size):
        longest = int(lengths[part[-1]])
        index = part[:, None] * sequences.shape[1] + torch.arange(longest)
        parts.append(rows.index_select(0, index.flatten()).view(*index.shape, -1))
        masks.append(mask[part, :longest])
    if torch.get_num_threads() == 1 or torch.is_autocast_enabled("cpu"):  # autocast is a thread's own
        encoded = [encode(*part) for part in zip(parts, masks, strict=True)]
    else:
        encoded = encode_parts(encode, parts, masks, parameters)
    return torch.cat(encoded)[order.argsort()]
