"""Encoders of words, and of clips with what is seen and what is said in them, each one Transformer layer.

They are those of PREM (Zhang et al., ICMR 2024, arXiv 2402.13576, sections 3.2 to 3.4 in our reading), with the input
layers of its relative CONQUER. M is the number of modalities: 2, or 1 for a corpus without subtitles.
Tests: tests/models/test_two_modal.py (against the numbers of the relatives' code).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.models.common.blocks import Projection, SelfAttention
from pipeline.ops import Dropout, Linear

VISUAL, SUBTITLE = 0, 1
"""The rows of the table of modalities, and the places of the modalities on the axis M."""
WORDS = 1
"""The row of the table of modalities that the encoder of words adds, as the relative's does; its row 0 has no use."""


class TransformerLayer(nn.Module):
    """One Transformer layer, LayerNorm after each half: self-attention, then two linear maps with GELU between.

    inner: the size between the two maps. (B, L, d) -> (B, L, d).
    """

    def __init__(self, hidden: int, heads: int, inner: int, dropout: float):
        super().__init__()
        self.attention = SelfAttention(hidden, heads, dropout)
        self.inner = Linear(hidden, inner)
        self.outer = Linear(inner, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = Dropout(dropout)

    def forward(self, sequence: Tensor, key_mask: Tensor) -> Tensor:
        """Encode sequences (B, L, d) -> (B, L, d); key_mask: (B, L) bool, false at padding."""
        sequence = self.attention(sequence, key_mask)
        return self.norm(sequence + self.dropout(self.outer(F.gelu(self.inner(sequence)))))


class ModalEmbedding(nn.Module):
    """Adds a learned vector for each position and one for each modality, then LayerNorm and Dropout."""

    def __init__(self, positions: int, hidden: int, dropout: float):
        super().__init__()
        self.position = nn.Embedding(positions, hidden)
        self.modality = nn.Embedding(2, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = Dropout(dropout)

    def forward(self, sequence: Tensor, modality: int) -> Tensor:
        """Embed sequences (B, L, d) of the modality in that row of the table -> (B, L, d), L <= `positions`."""
        added = self.position.weight[: sequence.shape[1]] + self.modality.weight[modality]
        return self.dropout(self.norm(sequence + added))


class WordEncoder(nn.Module):
    """Encodes the tokens of queries, (Q, T, D_q) -> (Q, T, d), T <= `positions`."""

    def __init__(
        self, size: int, positions: int, hidden: int, heads: int, inner: int, input_dropout: float, dropout: float
    ):
        super().__init__()
        self.projection = Projection(size, hidden, input_dropout)
        self.embedding = ModalEmbedding(positions, hidden, dropout)
        self.layer = TransformerLayer(hidden, heads, inner, dropout)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Encode tokens (Q, T, D_q) -> (Q, T, d); mask: (Q, T) bool, false at padding, where the result is not 0."""
        return self.layer(self.embedding(self.projection(tokens), WORDS), mask)


class TwoModalEncoder(nn.Module):
    """Encodes what is seen and what is said in the clips of a video as one sequence of M L vectors.

    visual_size, subtitle_size: D_v and D_s, the sizes of the features; D_s = 0 for a corpus without subtitles, which
    gives M = 1. positions: the most clips a video. The two vectors of a clip have the same position.
    """

    def __init__(
        self,
        visual_size: int,
        subtitle_size: int,
        positions: int,
        hidden: int,
        heads: int,
        inner: int,
        input_dropout: float,
        dropout: float,
    ):
        super().__init__()
        sizes = [visual_size, subtitle_size] if subtitle_size else [visual_size]
        self.projections = nn.ModuleList(Projection(size, hidden, input_dropout) for size in sizes)
        self.embedding = ModalEmbedding(positions, hidden, dropout)
        self.layer = TransformerLayer(hidden, heads, inner, dropout)

    def forward(self, visual: Tensor, subtitle: Tensor, mask: Tensor) -> Tensor:
        """Encode clips, visual (B, L, D_v) and subtitle (B, L, D_s), zeros where nothing is said -> (B, M, L, d).

        mask: (B, L) bool, false at padding, where the result is not 0. Clips in which nothing is said are encoded as
        all others.
        """
        features = (visual, subtitle)[: len(self.projections)]
        parts = [
            self.embedding(projection(of_modality), modality)
            for modality, (projection, of_modality) in enumerate(zip(self.projections, features, strict=True))
        ]
        encoded = self.layer(torch.cat(parts, dim=1), mask.repeat(1, len(parts)))
        return encoded.unflatten(1, (len(parts), -1))


class ModalPooling(nn.Module):
    """Sums the words of a query up once for each of M modalities, each weighted by a softmax of its own linear map."""

    def __init__(self, hidden: int, modalities: int):
        super().__init__()
        self.logits = Linear(hidden, modalities)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Pool encoded words (Q, T, d) -> (Q, M, d); mask: (Q, T) bool, false at padding."""
        logits = self.logits(tokens)
        logits = logits.masked_fill(~mask[..., None], torch.finfo(logits.dtype).min)
        return logits.softmax(dim=1).transpose(1, 2) @ tokens


@torch.no_grad()
def silence(model: nn.Module) -> None:
    """Set the weights of these blocks in `model` so that they add nothing to a sequence, and pooling is the mean.

    Attention is left as it is: the encoders pass a sequence on unchanged only where that adds nothing, too.
    """
    for module in model.modules():
        if isinstance(module, TransformerLayer):
            module.outer.weight.zero_()
        elif isinstance(module, ModalEmbedding):
            module.position.weight.zero_()
            module.modality.weight.zero_()
        elif isinstance(module, ModalPooling):
            module.logits.weight.zero_()
