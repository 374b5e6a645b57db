"""GMMFormer: Gaussian windows of several widths over clips and frames (Wang et al., AAAI 2024, arXiv 2310.05195).

A video is stored as N clip vectors, 32 as published, and one vector that sums up its frame rows. Clips and frame rows
go through two blocks each, of four self-attentions side by side. Three of the four multiply their attention scores by a
Gaussian window around each position, of three widths, so that they look near or far.
Tests: tests/models/test_gmmformer.py, test_interface.py, tests/tools/test_parity.py (against the authors' numbers).
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.corpus.videos import Videos
from pipeline.models.common.blocks import AttentionPooling, Embedding, Projection, QueryEncoder, SelfAttention
from pipeline.models.common.interface import Scores, TrainedModel, similarities
from pipeline.models.common.losses import draw_triplets, retrieval_loss, triplet_loss
from pipeline.models.gmmformer.losses import query_diversity_loss
from pipeline.models.gmmformer.recipe import GMMFormerRecipe
from pipeline.ops import in_parts

WIDTHS = (0.5, 1.0, 5.0)  # of the windows, as shares of the sequence; the first unit of a block has none
DEVIATIONS = 9.0  # standard deviations a window's width spans


class VideoEncoding(NamedTuple):
    """B encoded videos: clips (B, N, d), and frame (B, d), all frame rows of a video pooled."""

    clips: Tensor
    frame: Tensor


class VideoIndex(NamedTuple):
    """B videos ready for queries: clips (B, N, d) and frame (B, d), each vector of length 1, and spans (B, 0, 2)."""

    clips: Tensor
    frame: Tensor
    spans: Tensor


class GaussianBlock(nn.Module):
    """Averages several self-attentions, of which all but the first multiply their scores by a window.

    They are computed one after the other: as one attention with four times the heads they took twice the time on CPUs,
    since less of it stays in the cache (benchmarks/README.md).
    """

    def __init__(self, hidden: int, heads: int, dropout: float):
        super().__init__()
        self.units = nn.ModuleList(SelfAttention(hidden, heads, dropout) for _ in range(1 + len(WIDTHS)))

    def forward(self, sequence: Tensor, windows: Tensor, key_mask: Tensor | None = None) -> Tensor:
        """Attend within each sequence (B, L, d) -> (B, L, d).

        windows: (B or 1, widths, L, L), see `gaussian_windows`; key_mask: (B, L) bool, false at padding.
        """
        plain, *windowed = self.units
        attended = plain(sequence, key_mask)
        for unit, window in zip(windowed, windows.unbind(dim=1), strict=True):
            attended = attended + unit(sequence, key_mask, window[:, None])
        return attended / len(self.units)


class GMMFormer(TrainedModel):
    """GMMFormer: a video's score is a weighted sum of two cosines, with its best clip and with its frame vector.

    video_size, query_size: D_v and D_q, the sizes of the features. max_query_tokens: the most tokens a query may have,
    which is how many rows the table of query positions has.
    """

    recipe: GMMFormerRecipe

    def __init__(self, video_size: int, query_size: int, recipe: GMMFormerRecipe, max_query_tokens: int = 30):
        super().__init__(video_size, recipe)
        hidden, heads, dropouts = recipe.hidden, recipe.heads, (recipe.input_dropout, recipe.dropout)
        self.query_encoder = QueryEncoder(query_size, max_query_tokens, hidden, heads, *dropouts)
        self.clip_embedding = Embedding(video_size, recipe.clips, hidden, *dropouts)
        self.frame_embedding = Embedding(video_size, recipe.frames, hidden, *dropouts)
        self.clip_blocks, self.frame_blocks = (
            nn.ModuleList(GaussianBlock(hidden, heads, recipe.dropout) for _ in range(2)) for _ in range(2)
        )
        self.frame_pooling = AttentionPooling(hidden)

    def projections(self) -> tuple[list[Projection], list[Projection]]:
        """See TrainedModel."""
        videos = [self.clip_embedding.projection, self.frame_embedding.projection]
        return videos, [self.query_encoder.embedding.projection]

    def encode_video(self, videos: Videos) -> VideoEncoding:
        """See RetrievalModel. With `window: padded` an encoding does depend on the longest video of its batch."""
        clips, frames, mask = videos.clips, videos.frames, videos.frame_mask
        if self.recipe.window == "padded":
            longest = torch.full((1,), mask.shape[1], device=mask.device)
            return VideoEncoding(self._clips(clips), self._windowed(frames, mask, longest))
        return VideoEncoding(self._clips(clips), self._frame(frames, mask))

    @in_parts
    def _clips(self, clips: Tensor) -> Tensor:
        """Encode clips (B, N, D_v) -> (B, N, d)."""
        clips = self.clip_embedding(self.standardize(clips))
        windows = gaussian_windows(torch.full((1,), clips.shape[1], device=clips.device), clips.shape[1])
        for block in self.clip_blocks:
            clips = block(clips, windows)
        return clips

    @in_parts
    def _frame(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Encode frame rows (B, L, D_v) and pool them -> (B, d), with windows as long as each video."""
        return self._windowed(frames, mask, mask.sum(dim=1))

    def _windowed(self, frames: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
        """Encode frame rows (B, L, D_v) and pool them -> (B, d); lengths: (B,) or (1,), how long the windows are."""
        frames = self.frame_embedding(self.standardize(frames))
        windows = gaussian_windows(lengths, mask.shape[1])
        for block in self.frame_blocks:
            frames = block(frames, windows, mask)
        return self.frame_pooling(frames, mask)

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """See RetrievalModel."""
        return self.query_encoder(query, mask)

    def index(self, encoding: VideoEncoding) -> VideoIndex:
        """See RetrievalModel."""
        clips, frame = (F.normalize(field, dim=-1) for field in encoding)
        return VideoIndex(clips, frame, frame.new_empty(len(frame), 0, 2))

    def score(self, query: Tensor, index: VideoIndex) -> Scores:
        """See RetrievalModel."""
        unit = F.normalize(query, dim=-1)
        similarity = similarities(unit, index.clips)
        weight = self.recipe.clip_weight
        return Scores(weight * similarity.amax(dim=-1) + (1 - weight) * (unit @ index.frame.T), similarity)

    def search_vectors(self, index: VideoIndex) -> Tensor:
        """See RetrievalModel. Each clip with the frame vector, so that the products are the scores themselves."""
        weight = self.recipe.clip_weight
        return weight * index.clips + (1 - weight) * index.frame[:, None]

    def losses(
        self, query: Tensor, encoding: VideoEncoding, labels: Tensor, moment: Tensor, epoch: int
    ) -> dict[str, Tensor]:
        """See TrainedModel. The negatives of the triplet losses are hard after `hard_start` epochs."""
        recipe = self.recipe
        unit, (clips, frame, _) = F.normalize(query, dim=-1), self.index(encoding)
        pool = recipe.hard_pool if epoch > recipe.hard_start else None
        draws = [draw_triplets(labels, len(frame), pool) for _ in range(2)]
        clip_scores = similarities(unit, clips).max(dim=-1).values
        scaled = query * recipe.retrieval_scale
        terms = {
            "retrieval_clip": retrieval_loss(similarities(scaled, encoding.clips).max(dim=-1).values, labels),
            "triplet_clip": triplet_loss(clip_scores, labels, recipe.margin, *draws[0]),
            "retrieval_frame": retrieval_loss(scaled @ encoding.frame.T, labels),
            "triplet_frame": triplet_loss(unit @ frame.T, labels, recipe.margin, *draws[1]),
            "query_diversity": query_diversity_loss(
                query, labels, recipe.query_diversity_alpha, recipe.query_diversity_delta
            ),
        }
        total = (
            recipe.clip_retrieval_weight * terms["retrieval_clip"]
            + terms["triplet_clip"]
            + recipe.frame_retrieval_weight * terms["retrieval_frame"]
            + terms["triplet_frame"]
            + recipe.query_diversity_weight * terms["query_diversity"]
        )
        return {**terms, "total": total}


def gaussian_windows(lengths: Tensor, size: int) -> Tensor:
    """Compute the Gaussian windows of sequences of `lengths` (B,), padded to `size` -> (B, widths, size, size).

    A row is the position that attends, and its maximum is 1. As published, row r is centred at r / length, while column
    s stands at s / (length - 1), so that from the middle on the maximum lies one column to the left.
    """
    position = torch.arange(size, device=lengths.device, dtype=torch.float32)
    centre = (position / lengths[:, None])[:, :, None]
    time = (position / (lengths - 1).clamp(min=1)[:, None])[:, None, :]
    exponent = -(time - centre).square() / 2
    # Over the padding too: it never holds the maximum of a row that is not padding itself.
    exponent = exponent - exponent.amax(dim=-1, keepdim=True)
    return torch.stack([(exponent * (DEVIATIONS / width) ** 2).exp() for width in WIDTHS], dim=1)
