"""A decorator for methods that encode padded sequences: on the CPU it cuts a batch into parts of similar length.

Padding costs as much time there as the rest of a sequence, and a part has less of it than the batch. Where torch may
use several threads, the parts are encoded side by side (side_by_side.py).
Test: tests/ops/test_parts.py.
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
    """Decorate `encode(module, sequences, mask)`, a method of a module, so that it is called for parts of the batch.

    The method maps sequences (B, L, D) and their mask (B, L) to (B, ...). The mask is bool, true from the first to the
    last row of a sequence and false at the padding after it; the call leaves it out where nothing is padding. What the
    method returns for a sequence must depend neither on the other sequences nor on the padding, and it must use no
    parameters but those of the module. A small batch is encoded whole, and so is one on a GPU, where cutting would have
    to wait for the lengths.
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
    """Sort sequences by length and cut them into parts of `size`, each padded only to its longest sequence.

    Returns the order (B,), and for each part its sequences and their mask.
    """
    lengths = mask.sum(dim=1)
    order = lengths.argsort(stable=True)
    rows, parts = sequences.flatten(0, 1), []
    for part in order.split(size):
        longest = int(lengths[part[-1]])
        index = part[:, None] * sequences.shape[1] + torch.arange(longest)
        parts.append((rows.index_select(0, index.flatten()).view(*index.shape, -1), mask[part, :longest]))
    return order, parts
