"""MS-SL: multi-scale similarity learning (Dong et al., ACM MM 2022, arXiv 2208.12510).

A query is compared with every run of consecutive clips of a video, all lengths and all starts. The most similar run,
the key clip, then guides attention over the frames, so that what a video's frames say depends on the query.
Tests: tests/models/test_ms_sl.py, test_interface.py, test_parity.py (against the authors' numbers).
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.features.videos import Videos
from pipeline.models.author_names import attention_names, embedding_names
from pipeline.models.blocks import Embedding, QueryEncoder, SelfAttention
from pipeline.models.cpu import Linear
from pipeline.models.interface import NO_MOMENT, RetrievalModel, Scores, similarities
from pipeline.models.losses import draw_ranks, draw_triplets, pair_loss, retrieval_loss, triplet_loss
from pipeline.sections import MSSLRecipe


class VideoEncoding(NamedTuple):
    """B encoded videos. clips: (B, N, d); frames: (B, L, d) and their mask (B, L) bool, false at padding."""

    clips: Tensor
    frames: Tensor
    frame_mask: Tensor


class VideoIndex(NamedTuple):
    """B videos ready for queries, P = N (N + 1) / 2 proposals each.

    proposals: (B, P, d) of length 1; norms: (B, P) that they had; keys, values: (B, L, d) of the frames; frame_mask:
    (B, L) bool; spans: (B, 0, 2).
    """

    proposals: Tensor
    norms: Tensor
    keys: Tensor
    values: Tensor
    frame_mask: Tensor
    spans: Tensor


class MSSL(RetrievalModel):
    """The score is a weighted sum of two cosines: to a video's best proposal, its position, and to its guided frames.

    max_query_tokens: rows of the queries' position table, the most tokens a query may have.
    """

    AUTHOR_NAMES = {
        **embedding_names("query_encoder.embedding", "query"),
        **attention_names("query_encoder.attention", "query_encoder"),
        "query_encoder.pooling.logits": "modular_vector_mapping",
        **embedding_names("clip_embedding", "clip"),
        **attention_names("clip_attention", "clip_encoder"),
        **embedding_names("frame_embedding", "frame"),
        **attention_names("frame_attention", "frame_encoder"),
        "key": "mapping_linear.0",
        "value": "mapping_linear.1",
    }

    def __init__(self, video_size: int, query_size: int, recipe: MSSLRecipe, max_query_tokens: int = 30):
        super().__init__(video_size, recipe)
        hidden, heads, dropouts = recipe.hidden, recipe.heads, (recipe.input_dropout, recipe.dropout)
        self.query_encoder = QueryEncoder(query_size, max_query_tokens, hidden, heads, *dropouts)
        self.clip_embedding = Embedding(video_size, recipe.clips, hidden, *dropouts)
        self.clip_attention = SelfAttention(hidden, heads, recipe.dropout)
        self.frame_embedding = Embedding(video_size, recipe.frames, hidden, *dropouts)
        self.frame_attention = SelfAttention(hidden, heads, recipe.dropout)
        self.key = Linear(hidden, hidden, bias=False)
        self.value = Linear(hidden, hidden, bias=False)
        start, size = proposals_of(recipe.clips)
        self.register_buffer("start", start, persistent=False)
        self.register_buffer("size", size, persistent=False)

    def encode_video(self, videos: Videos) -> VideoEncoding:
        """See RetrievalModel."""
        clips, frames, mask = videos
        clips, frames = self.clip_embedding(self.standardize(clips)), self.frame_embedding(self.standardize(frames))
        return VideoEncoding(self.clip_attention(clips), self.frame_attention(frames, key_mask=mask), mask)

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """See RetrievalModel."""
        return self.query_encoder(query, mask)

    def clip_map(self, clips: Tensor) -> Tensor:
        """Clips (B, N, d) -> all proposals (B, P, d), each the mean of its clips, through one cumulative sum."""
        total = F.pad(clips.cumsum(dim=1), (0, 0, 1, 0))
        return (total[:, self.start + self.size] - total[:, self.start]) / self.size[:, None]

    def index(self, encoding: VideoEncoding) -> VideoIndex:
        """See RetrievalModel."""
        clips, frames, mask = encoding
        proposals = self.clip_map(clips)
        norms = torch.linalg.vector_norm(proposals, dim=-1)
        spans = clips.new_empty(len(clips), 0, 2)
        return VideoIndex(F.normalize(proposals, dim=-1), norms, self.key(frames), self.value(frames), mask, spans)

    def score(self, query: Tensor, index: VideoIndex) -> Scores:
        """See RetrievalModel."""
        unit = F.normalize(query, dim=-1)
        clip, position = similarities(unit, index.proposals).max(dim=-1)
        videos = torch.arange(len(index.proposals), device=position.device)[:, None]
        guided = guided_frames(key_clips(index, videos, position.T), index.keys, index.values, index.frame_mask)
        frame = (F.normalize(guided, dim=-1) * unit).sum(dim=-1).T
        weight = self.recipe.clip_weight
        return Scores(weight * clip + (1 - weight) * frame, position)

    def localize(self, spans: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """See RetrievalModel: the best proposal's span."""
        start, size = self.start[position], self.size[position]
        return torch.full_like(position, NO_MOMENT), torch.stack([start, start + size], dim=-1) / self.recipe.clips

    def losses(self, query: Tensor, encoding: VideoEncoding, labels: Tensor, epoch: int) -> dict[str, Tensor]:
        """See RetrievalModel; negatives are hard after `hard_start` epochs.

        A query guides the frames of its own video alone; they are negatives of all other queries, its video's too.
        """
        recipe, index = self.recipe, self.index(encoding)
        unit, pool = F.normalize(query, dim=-1), recipe.hard_pool if epoch > recipe.hard_start else None
        similarity = similarities(unit, index.proposals)
        clip_scores, position = similarity.max(dim=-1)
        clip_dots = (similarity * index.norms).amax(dim=-1) * torch.linalg.vector_norm(query, dim=-1, keepdim=True)
        pairs = torch.arange(len(labels), device=labels.device)
        key_clip = key_clips(index, labels, position[pairs, labels])
        frames = (field[labels] for field in (index.keys, index.values, index.frame_mask))
        guided = guided_frames(key_clip[:, None], *frames)[:, 0]
        row_ranks, column_ranks = (draw_ranks(torch.full_like(labels, len(labels) - 1), pool) for _ in range(2))
        terms = {
            "retrieval_clip": retrieval_loss(clip_dots, labels),
            "triplet_clip": triplet_loss(
                clip_scores, labels, recipe.margin, *draw_triplets(labels, clip_scores.shape[1], pool)
            ),
            "retrieval_frame": pair_loss(query @ guided.T),
            "triplet_frame": triplet_loss(
                unit @ F.normalize(guided, dim=-1).T, pairs, recipe.margin, column_ranks, row_ranks
            ),
        }
        total = (
            recipe.clip_retrieval_weight * terms["retrieval_clip"]
            + terms["triplet_clip"]
            + recipe.frame_retrieval_weight * terms["retrieval_frame"]
            + terms["triplet_frame"]
        )
        return {**terms, "total": total}


def proposals_of(clips: int) -> tuple[Tensor, Tensor]:
    """First clip and number of clips of each proposal, two (P,) int64: single clips first, the whole video last."""
    sizes = torch.arange(1, clips + 1)
    size = sizes.repeat_interleave(clips + 1 - sizes)
    start = torch.cat([torch.arange(clips + 1 - number) for number in sizes.tolist()])
    return start, size


def key_clips(index: VideoIndex, videos: Tensor, position: Tensor) -> Tensor:
    """The proposals at `position` of `videos`, two tensors of one shape, with the length they had: (..., d)."""
    return index.proposals[videos, position] * index.norms[videos, position, None]


def guided_frames(key_clip: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """The frames of B videos as K key clips (B, K, d) each see them -> (B, K, d).

    keys, values: (B, L, d); mask: (B, L) bool, false at padding.
    """
    logits = key_clip @ keys.transpose(-2, -1)
    logits = logits.masked_fill(~mask[:, None], torch.finfo(logits.dtype).min)
    return logits.softmax(dim=-1) @ values
