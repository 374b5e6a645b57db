"""A decorator for what encodes padded sequences: on the CPU the batch is cut into parts of like length.

There padding costs as much as what is not padding. Where torch may use several threads, the parts are encoded side by
side (side_by_side.py). Test: tests/ops/test_parts.py.
"""

from collections.abc import Callable, Sequence
from functools import wraps

import torch
from torch import Tensor, nn

from pipeline.core.runtime import fast_cpu
from pipeline.ops.side_by_side import encode_parts

Encode = Callable[..., Tensor]

PARTS = 8
SMALLEST_PART = 16  # sequences


def in_parts(encode: Encode) -> Encode:
    """Decorates a method of a module: `encode(module, sequences, mask)`, or without a mask where nothing is padding.

    The method maps sequences (B, L, D) and their mask (B, L) bool, true from the first to the last row of each
    sequence, to (B, ...). It must depend neither on which sequences come together nor on padding, and must use no
    parameters but the module's. Small batches, and those on a GPU, where nothing may wait for lengths, stay whole.
    """

    @wraps(encode)
    def encode_in_parts(module: nn.Module, sequences: Tensor, mask: Tensor | None = None) -> Tensor:
        whole: tuple[Tensor, ...] = (sequences,) if mask is None else (sequences, mask)
        size = -(-len(sequences) // PARTS)
        if not (sequences.is_cpu and size >= SMALLEST_PART and fast_cpu()):
            return encode(module, *whole)
        order: Tensor | None = None
        parts: Sequence[tuple[Tensor, ...]]
        if mask is None:
            parts = [(part,) for part in sequences.split(size)]
        else:
            order, parts = _cut(sequences, mask, size)
        if torch.get_num_threads() == 1 or torch.is_autocast_enabled("cpu"):  # autocast is a thread's own
            encoded = tuple(encode(module, *part) for part in parts)
        else:
            encoded = encode_parts(lambda *part: encode(module, *part), parts, module.parameters())
        return torch.cat(encoded) if order is None else torch.cat(encoded)[order.argsort()]

    return encode_in_parts


def _cut(sequences: Tensor, mask: Tensor, size: int) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """The order (B,) by length, and `size` sequences at a time in it, cut to the longest of them, with their masks."""
    lengths = mask.sum(dim=1)
    order = lengths.argsort(stable=True)
    rows, parts = sequences.flatten(0, 1), []
    for part in order.split(size):
        longest = int(lengths[part[-1]])
        index = part[:, None] * sequences.shape[1] + torch.arange(longest)
        parts.append((rows.index_select(0, index.flatten()).view(*index.shape, -1), mask[part, :longest]))
    return order, parts
