"""What tells the clips of a video apart by a query: gates, and a Transformer whose clips attend to the words.

Source: PREM, sections 4.3 and 4.4. M is the number of modalities. A query can be compared with r videos at once: then
the sequences are Q r, those of the first query first. Test: tests/localizers/test_prem_fusion.py.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.models.common.blocks import Attention, SelfAttention
from pipeline.ops import Dropout, Linear

SUMS, SUM_WEIGHT = 4, 0.25
"""How many units begin as the sum of all, and the weight of each unit in it."""


class Gates(nn.Module):
    """Maps clips, and multiplies what is seen and what is said in each by the query, then maps both to one vector.

    form: see the description of `gates` in PremLocalizerRecipe. With `none` nothing is mapped or multiplied before the
    last map.
    """

    def __init__(self, hidden: int, modalities: int, form: str):
        super().__init__()
        self.form = form
        self.maps = nn.ModuleList(Linear(hidden, hidden) for _ in range(modalities if form != "none" else 0))
        self.join = Linear(modalities * hidden, hidden)

    def mapped(self, clips: Tensor) -> Tensor:
        """Map the clips of videos (B, M, L, d) -> (B, M, L, d): the part that does not depend on a query."""
        if self.form == "none":
            return clips
        mapped = torch.stack([linear(part) for linear, part in zip(self.maps, clips.unbind(1), strict=True)], dim=1)
        return F.normalize(mapped, dim=-1) if self.form == "unit_clip" else mapped

    def forward(self, clips: Tensor, query: Tensor) -> Tensor:
        """Gate mapped clips (Q r, M, L, d) by queries (Q, M, d), one vector a modality -> (Q r, L, d).

        The result has mean 0 and deviation 1 in every clip, so that the fusion begins with sums of equal parts; the
        entries of a unit vector are small.
        """
        query = query.repeat_interleave(len(clips) // len(query), dim=0)[:, :, None]
        if self.form == "unit_product":
            clips = F.normalize(clips * query, dim=-1)
        elif self.form == "unit_clip":
            clips = clips * query
        elif self.form == "sigmoid":
            clips = clips * query.sigmoid()
        joined = self.join(clips.transpose(1, 2).flatten(2))
        return F.layer_norm(joined, joined.shape[-1:])

    @torch.no_grad()
    def pass_through(self) -> None:
        """Let each unit pass, and add all units up in some of them.

        The sum of the units of a clip that a query gated is how alike the two are. It would be lost, because the mean
        of all units is subtracted.
        """
        for linear in (*self.maps, self.join):
            nn.init.zeros_(linear.weight)
            for columns in linear.weight.split(len(linear.weight), dim=1):
                nn.init.eye_(columns)
        self.join.weight[:SUMS] = SUM_WEIGHT


class CrossAttention(Attention):
    """Multi-head attention of sequences to the words of queries, with residual and LayerNorm."""

    def forward(self, sequence: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """Let sequences (Q r, L, d) attend to words (Q, T, d) -> (Q r, L, d).

        mask: (Q, T) bool, false at padding. An element attends by itself, so those of the r videos of a query are one
        long sequence here, and the words are mapped once.
        """
        long = sequence.reshape(len(words), -1, sequence.shape[-1])
        return self.norm(sequence + self.attend(long, words, mask).view_as(sequence))


class FusionLayer(nn.Module):
    """A Transformer decoder layer without a causal mask, LayerNorm after each of its three parts.

    It attends to the clips, then to the words; then come two linear maps with GELU between, `inner` units wide.
    """

    def __init__(self, hidden: int, heads: int, inner: int, dropout: float):
        super().__init__()
        self.attention = SelfAttention(hidden, heads, dropout)
        self.cross = CrossAttention(hidden, heads, dropout)
        self.inner = Linear(hidden, inner)
        self.outer = Linear(inner, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = Dropout(dropout)

    def forward(self, clips: Tensor, clip_mask: Tensor, words: Tensor, word_mask: Tensor) -> Tensor:
        """Fuse clips (Q r, L, d) with words (Q, T, d) -> (Q r, L, d); the masks are false at padding."""
        clips = self.cross(self.attention(clips, clip_mask), words, word_mask)
        return self.norm(clips + self.dropout(self.outer(F.gelu(self.inner(clips)))))
