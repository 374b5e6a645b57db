"""The building blocks that the retrieval models share. Tests: tests/models/test_blocks.py, and parity of each model."""

from typing import Any

import torch
from torch import Tensor, nn

from pipeline.ops import Dropout, Linear, in_parts


class Standardize(nn.Module):
    """Scales each feature to mean 0 and deviation 1 over the training clips, (..., D) -> (..., D).

    Until `fit` is called it returns its input. Of a feature that is constant in training, but for rounding, only the
    mean is subtracted: divided by next to nothing, it would outweigh all others wherever it differs later. Random
    backbones need this: their clips differ little from one large common vector, which LayerNorm does not remove.
    """

    SMALLEST_DEVIATION = 1e-6  # relative to the mean, where that is above 1

    mean: Tensor
    deviation: Tensor

    def __init__(self, size: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))
        self.fitted = False  # not asked of the buffers in each step, which would wait for the device

    def fit(self, clips: Tensor) -> None:
        """Measure mean and deviation of each feature over clips (V, N, D)."""
        deviation, mean = torch.std_mean(clips, dim=(0, 1), correction=0)
        self.mean.copy_(mean)
        constant = deviation <= self.SMALLEST_DEVIATION * mean.abs().clamp(min=1)
        self.deviation.copy_(deviation.masked_fill(constant, 1.0))
        self.fitted = True

    def _load_from_state_dict(self, *arguments: Any, **more: Any) -> None:
        super()._load_from_state_dict(*arguments, **more)
        self.fitted = bool((self.mean != 0).any() or (self.deviation != 1).any())

    def forward(self, clips: Tensor) -> Tensor:
        if not self.fitted:
            return clips
        return (clips - self.mean).div_(self.deviation)


class Projection(nn.Module):
    """Maps features to the hidden size: LayerNorm, Dropout, Linear, ReLU, (..., D) -> (..., d)."""

    def __init__(self, size: int, hidden: int, dropout: float):
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.dropout = Dropout(dropout)
        self.linear = Linear(size, hidden)

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(self.linear(self.dropout(self.norm(features))))


class PositionalEmbedding(nn.Module):
    """Adds a learned vector for each position, then LayerNorm and Dropout, (B, L, d) -> (B, L, d), L <= `positions`."""

    def __init__(self, positions: int, hidden: int, dropout: float):
        super().__init__()
        self.table = nn.Embedding(positions, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = Dropout(dropout)

    def forward(self, sequence: Tensor) -> Tensor:
        return self.dropout(self.norm(sequence + self.table.weight[: sequence.shape[1]]))


class Attention(nn.Module):
    """The weights of multi-head attention with residual and LayerNorm, and the attention before those two."""

    def __init__(self, hidden: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.query = Linear(hidden, hidden)
        self.key = Linear(hidden, hidden)
        self.value = Linear(hidden, hidden)
        self.output = Linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = Dropout(dropout)

    def attend(
        self, sequence: Tensor, keys: Tensor, key_mask: Tensor | None = None, multiplier: Tensor | None = None
    ) -> Tensor:
        """Let sequences (B, L, d) attend to others (B, T, d) -> (B, L, d), without the residual.

        key_mask: (B, T) bool, false at padding. multiplier: what the scaled scores are multiplied by, broadcast to
        (B, heads, L, T); it is applied before the mask, so that padding stays masked whatever it holds.
        """
        query, key, value = (
            self._split(part(rows)) for part, rows in ((self.query, sequence), (self.key, keys), (self.value, keys))
        )
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
        if multiplier is not None:
            scores = scores * multiplier
        if key_mask is not None:
            scores = scores.masked_fill(~key_mask[:, None, None, :], torch.finfo(scores.dtype).min)
        context = self.dropout(scores.softmax(dim=-1)) @ value
        return self.dropout(self.output(context.transpose(1, 2).flatten(2)))

    def _split(self, sequence: Tensor) -> Tensor:
        """(B, L, d) -> (B, heads, L, d / heads)."""
        return sequence.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class SelfAttention(Attention):
    """Multi-head self-attention with residual and LayerNorm, without a feed-forward layer, (B, L, d) -> (B, L, d)."""

    def forward(self, sequence: Tensor, key_mask: Tensor | None = None, multiplier: Tensor | None = None) -> Tensor:
        """Attend within each sequence (B, L, d) -> (B, L, d); `key_mask` and `multiplier`: see Attention.attend."""
        return self.norm(sequence + self.attend(sequence, sequence, key_mask, multiplier))


class AttentionPooling(nn.Module):
    """Sums each sequence up as one vector, weighted by a softmax of a learned linear map, (B, L, d) -> (B, d)."""

    def __init__(self, hidden: int):
        super().__init__()
        self.logits = Linear(hidden, 1, bias=False)

    def forward(self, sequence: Tensor, mask: Tensor) -> Tensor:
        """Pool sequences (B, L, d) -> (B, d); mask: (B, L) bool, false at padding."""
        logits = self.logits(sequence)
        logits = logits.masked_fill(~mask[..., None], torch.finfo(logits.dtype).min)
        return (logits.softmax(dim=1) * sequence).sum(dim=1)


class Embedding(nn.Module):
    """Projects the features of a sequence and adds their positions, (B, L, D) -> (B, L, d), L <= `positions`."""

    def __init__(self, size: int, positions: int, hidden: int, input_dropout: float, dropout: float):
        super().__init__()
        self.projection = Projection(size, hidden, input_dropout)
        self.position = PositionalEmbedding(positions, hidden, dropout)

    def forward(self, features: Tensor) -> Tensor:
        return self.position(self.projection(features))


class QueryEncoder(nn.Module):
    """Encodes queries: embeds their tokens, attends over them and pools them, (Q, T, D) -> (Q, d), T <= `positions`."""

    def __init__(self, size: int, positions: int, hidden: int, heads: int, input_dropout: float, dropout: float):
        super().__init__()
        self.embedding = Embedding(size, positions, hidden, input_dropout, dropout)
        self.attention = SelfAttention(hidden, heads, dropout)
        self.pooling = AttentionPooling(hidden)

    @in_parts
    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Encode tokens (Q, T, D) -> (Q, d); mask: (Q, T) bool, false at padding."""
        return self.pooling(self.attention(self.embedding(tokens), key_mask=mask), mask)


def initialize(model: nn.Module, seed: int) -> None:
    """Set all weights as the published models do; equal seeds give equal weights.

    Weights of linear maps, convolutions and tables are drawn from N(0, 0.02^2); biases become 0, and weights of
    LayerNorm 1.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Embedding | nn.Conv1d):
            nn.init.normal_(module.weight, std=0.02, generator=generator)
        elif isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
        if isinstance(module, nn.Linear | nn.LayerNorm) and module.bias is not None:
            nn.init.zeros_(module.bias)
