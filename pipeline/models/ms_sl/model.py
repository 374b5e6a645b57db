"""MS-SL: multi-scale similarity learning (Dong et al., ACM MM 2022, arXiv 2208.12510).

A query is compared with every *proposal* of a video: every stretch of consecutive clips, of all lengths and all starts.
The most similar proposal, which the paper calls the key clip, then guides attention over the frame rows, so that the
one vector they are summed up in depends on the query.
Tests: tests/models/test_ms_sl.py, test_interface.py, tests/tools/test_parity.py (against the authors' numbers).
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.corpus.videos import Videos
from pipeline.models.common.blocks import Embedding, Projection, QueryEncoder, SelfAttention
from pipeline.models.common.interface import Scores, TrainedModel, similarities
from pipeline.models.common.losses import draw_ranks, draw_triplets, retrieval_loss, triplet_loss
from pipeline.models.common.runs import runs_of
from pipeline.models.ms_sl.losses import pair_loss
from pipeline.models.ms_sl.recipe import MSSLRecipe
from pipeline.ops import Linear, linear

SMALLEST_SQUARE = 1e-12  # of a proposal's length
STARTING_KEY = 0.02  # of each unit in the keys of `pass_through`: frames like the proposal count most, none alone


class VideoEncoding(NamedTuple):
    """B encoded videos: clips (B, N, d), frames (B, L, d) and their mask (B, L) bool, false at padding."""

    clips: Tensor
    frames: Tensor
    frame_mask: Tensor


class VideoIndex(NamedTuple):
    """B videos ready for queries, with P = N (N + 1) / 2 proposals each.

    clips: (B, N, d). lengths: (B, P), the lengths of the proposals' vectors. guided: (B, P, d), each of length 1, the
    frame rows summed up with the attention of each proposal. spans: (B, 0, 2); see RetrievalModel.
    """

    clips: Tensor
    lengths: Tensor
    guided: Tensor
    spans: Tensor


class MSSL(TrainedModel):
    """MS-SL: a video's score is a weighted sum of two cosines, with its best proposal and with its guided frames.

    The guided frames are the frame rows summed up with the attention of that proposal. video_size, query_size: D_v and
    D_q, the sizes of the features. max_query_tokens: the most tokens a query may have, which is how many rows the table
    of query positions has.
    """

    recipe: MSSLRecipe
    averages: Tensor

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
        self.register_buffer("averages", averages_of(recipe.clips), persistent=False)

    def projections(self) -> tuple[list[Projection], list[Projection]]:
        """See TrainedModel."""
        videos = [self.clip_embedding.projection, self.frame_embedding.projection]
        return videos, [self.query_encoder.embedding.projection]

    @torch.no_grad()
    def pass_through(self) -> None:
        """See TrainedModel. A proposal attends most to the frame rows that are like it, and takes them as they are."""
        super().pass_through()
        self.value.weight.copy_(torch.eye(len(self.value.weight)))
        self.key.weight.copy_(STARTING_KEY * self.value.weight)

    def encode_video(self, videos: Videos) -> VideoEncoding:
        """See RetrievalModel."""
        clips, frames, mask = videos.clips, videos.frames, videos.frame_mask
        clips, frames = self.clip_embedding(self.standardize(clips)), self.frame_embedding(self.standardize(frames))
        return VideoEncoding(self.clip_attention(clips), self.frame_attention(frames, key_mask=mask), mask)

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """See RetrievalModel."""
        return self.query_encoder(query, mask)

    def over_proposals(self, values: Tensor) -> Tensor:
        """Average a number for each clip (..., N) over the clips of each proposal -> (..., P).

        A proposal's vector is the mean of its clips, so its dot product with anything is the mean of the clips' dot
        products. So the vectors of the proposals are never computed. This is one matrix product, without the
        cancellation that differences of cumulative sums would have.
        """
        return linear(values, self.averages)

    def lengths(self, clips: Tensor) -> Tensor:
        """Compute the lengths (B, P) of the proposals' vectors, from the dot products among the clips (B, N, d)."""
        squares = (self.over_proposals(clips @ clips.mT) * self.averages.T).sum(dim=1)
        return squares.clamp(min=SMALLEST_SQUARE).sqrt()

    def guided(self, clips: Tensor, frames: Tensor, mask: Tensor) -> Tensor:
        """Sum the frame rows (B, L, d) up with the attention of each proposal -> (B, P, d); clips: (B, N, d)."""
        logits = self.over_proposals(self.key(frames) @ clips.mT).mT
        return attention(logits, mask) @ self.value(frames)

    def guided_by(self, weights: Tensor, labels: Tensor, encoding: VideoEncoding) -> Tensor:
        """Sum up, for each of Q queries, the frame rows of its video with the attention of one proposal -> (Q, d).

        weights: (Q, N), the row of `averages` of each proposal. labels: (Q,) int64, the video of each query. Keys and
        values are linear maps of the frame rows. So the map of the keys is applied to the clips instead, and that of
        the values to the result: to a few rows, not to all frame rows.
        """
        clips, frames, mask = encoding
        keyed = linear(clips, self.key.weight.T)
        logits = weights[:, None] @ (keyed @ frames.mT).index_select(0, labels)
        shares = attention(logits, mask.index_select(0, labels))
        # As one product with the frames of all videos: repeating them for every query would take longer.
        own = labels[:, None] == torch.arange(len(frames), device=labels.device)
        return self.value(linear((shares * own[..., None]).flatten(1), frames.flatten(0, 1).T))

    def index(self, encoding: VideoEncoding) -> VideoIndex:
        """See RetrievalModel. The guided frames depend on a query through its best proposal alone: P vectors each."""
        clips, frames, mask = encoding
        guided = F.normalize(self.guided(clips, frames, mask), dim=-1)
        return VideoIndex(clips, self.lengths(clips), guided, clips.new_empty(len(clips), 0, 2))

    def score(self, query: Tensor, index: VideoIndex) -> Scores:
        """See RetrievalModel."""
        unit = F.normalize(query, dim=-1)
        similarity = self.over_proposals(similarities(unit, index.clips)) / index.lengths
        clip, position = similarity.max(dim=-1)
        videos = torch.arange(len(index.clips), device=position.device)
        frame = (index.guided[videos, position] @ unit[..., None])[..., 0]
        weight = self.recipe.clip_weight
        return Scores(weight * clip + (1 - weight) * frame, similarity)

    def search_vectors(self, index: VideoIndex) -> Tensor:
        """See RetrievalModel. A few of the proposals stand for all: those of 1, 2, 4, ... clips that do not overlap."""
        start, size = (numbers.to(index.clips.device) for numbers in runs_of(self.recipe.clips))
        chosen = ((size & (size - 1) == 0) & (start % size == 0)).nonzero()[:, 0]
        proposals = self.averages[chosen] @ index.clips / index.lengths[:, chosen, None]
        weight = self.recipe.clip_weight
        return weight * proposals + (1 - weight) * index.guided[:, chosen]

    def place(self, position: Tensor) -> Tensor:
        """See RetrievalModel. A place is a proposal."""
        start, size = (numbers.to(position.device)[position] for numbers in runs_of(self.recipe.clips))
        return torch.stack([start, start + size], dim=-1) / self.recipe.clips

    def runs(self, query: Tensor, index: VideoIndex, video: Tensor) -> Tensor:
        """See RetrievalModel. Its runs are the proposals, which have scores of their own."""
        dots = (index.clips[video] @ F.normalize(query, dim=-1)[..., None])[..., 0]
        return self.over_proposals(dots) / index.lengths[video]

    @torch.no_grad()
    def best_proposals(self, dots: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Find for each query and video the proposals with the largest cosine and the largest dot product, two (Q, B).

        dots: (Q, B, N), the dot products of queries and clips. lengths: (B, P), those of the proposals' vectors.
        """
        proposals = self.over_proposals(dots)
        largest = proposals.argmax(dim=-1)
        return proposals.div_(lengths).argmax(dim=-1), largest

    def losses(
        self, query: Tensor, encoding: VideoEncoding, labels: Tensor, moment: Tensor, epoch: int
    ) -> dict[str, Tensor]:
        """See TrainedModel. The negatives of the triplet losses are hard after `hard_start` epochs.

        Each query guides the frame rows of its own video alone. The resulting vector is a negative of all other
        queries, those about the same video too.
        """
        recipe, clips = self.recipe, encoding.clips
        unit, pool = F.normalize(query, dim=-1), recipe.hard_pool if epoch > recipe.hard_start else None
        dots, lengths = similarities(query, clips), self.lengths(clips)
        nearest, largest = self.best_proposals(dots.detach(), lengths.detach())
        clip_dots = (dots * self.averages[largest]).sum(dim=-1)
        # The length of the query is the same everywhere in its row and is divided by last.
        clip_scores = (dots * self.averages[nearest]).sum(dim=-1) / lengths.gather(1, nearest.T).T
        clip_scores = clip_scores / torch.linalg.vector_norm(query, dim=-1, keepdim=True)
        pairs = torch.arange(len(labels), device=labels.device)
        guided = self.guided_by(self.averages[nearest[pairs, labels]], labels, encoding)
        row_ranks, column_ranks = (draw_ranks(torch.full_like(labels, len(labels) - 1), pool) for _ in range(2))
        terms = {
            "retrieval_clip": retrieval_loss(clip_dots * recipe.retrieval_scale, labels),
            "triplet_clip": triplet_loss(
                clip_scores, labels, recipe.margin, *draw_triplets(labels, clip_scores.shape[1], pool)
            ),
            "retrieval_frame": pair_loss(query @ guided.T * recipe.retrieval_scale),
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


def averages_of(clips: int) -> Tensor:
    """Build the matrix (P, N) whose row p weighs the clips of proposal p by 1 / their number, and all others by 0."""
    start, size = runs_of(clips)
    clip = torch.arange(clips)
    return ((clip >= start[:, None]) & (clip < (start + size)[:, None])) / size[:, None]


def attention(logits: Tensor, mask: Tensor) -> Tensor:
    """Compute the softmax of logits (B, K, L) over the frame rows, those that the mask (B, L) has."""
    return logits.masked_fill(~mask[:, None], torch.finfo(logits.dtype).min).softmax(dim=-1)
