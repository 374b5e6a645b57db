"""The interface of a retrieval model: all that training, search and evaluation know of it.

A model is a folder in pipeline/models and the file recipes/<name>.yaml, both named like the model;
docs/adding-a-model.md shows how to add one.
Test: tests/models/test_interface.py, the same properties for all models.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.recipe import Recipe
from pipeline.corpus.videos import Videos
from pipeline.models.common.blocks import AttentionPooling, PositionalEmbedding, Projection, SelfAttention, Standardize
from pipeline.models.common.recipe import GradientRecipe, SolvedRecipe
from pipeline.models.common.runs import answer_first, run_similarities, runs_of
from pipeline.ops import linear

NO_MOMENT = -1
"""The number of the moment where a model learns no moments."""


class Scores(NamedTuple):
    """What a model says of Q queries and B videos.

    score: (Q, B), how well each video answers each query, the higher the better. similarity: (Q, B, P) of the query
    with each of the P places in a video that the model compares it with: clips, or stretches of clips. The place with
    the largest similarity gave the video its score.
    """

    score: Tensor
    similarity: Tensor

    def position(self, videos: Tensor) -> Tensor:
        """Find the place that gave each video its score, for videos (Q, K) of the B -> (Q, K) int64 in [0, P).

        It is computed only for the videos that are retrieved, because an arg max over all takes longer than the scores.
        """
        rows = torch.arange(len(videos), device=videos.device)[:, None]
        return self.similarity[rows, videos].argmax(dim=-1)


class RetrievalModel(nn.Module):
    """Encodes videos and queries into a common space of size d, and scores videos for queries.

    The base class of a model says how the model is fitted: TrainedModel by gradient descent, SolvedModel in closed
    form, RetrievalModel itself not at all.

    Videos are prepared in two steps. `encode_video` returns an *encoding*, a NamedTuple of tensors whose first axis is
    the B videos, with gradients for the losses. `index` turns an encoding into an *index*, a NamedTuple too, which
    holds only what scores and answers need and is made once for all queries. Its field `spans` (B, H, 2) holds centre
    and width of the H moments that the model found in each video, as shares of the axis of the N clips; H = 0 for a
    model that learns no moments. Every model has types of its own for both, which is why they are Any here.

    N is `recipe.clips`, for a model with `own_pace` too: there it is the most clips a video, clip i is a video's row i,
    and the clips after its last row are empty in ClipTimes. Such a model gives them no similarity that could win.
    """

    def __init__(self, video_size: int, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.standardize = Standardize(video_size)

    def encode_video(self, videos: Videos) -> Any:
        """Encode B videos; the encoding of one must not depend on the others."""
        raise NotImplementedError

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """Encode the tokens (Q, T, D_q) of Q queries -> (Q, d); mask: (Q, T) bool, false at padding.

        A model may return any shape (Q, ...): search and training only take rows of it.
        """
        raise NotImplementedError

    def index(self, encoding: Any) -> Any:
        """Turn the encoding of B videos into their index."""
        raise NotImplementedError

    def score(self, query: Tensor, index: Any) -> Scores:
        """Score the B videos of an index for encoded queries (Q, ...)."""
        raise NotImplementedError

    def search_vectors(self, index: Any) -> Tensor:
        """Return the vectors (B, P, e) of B videos in which an approximate search looks for candidates.

        The largest inner product of a video's vectors with the query's `search_query` is the score of the video, or
        near it; the candidates are compared by `score` afterwards. A vector of zeros stands for no vector. Here they
        are the clips, for an index whose field `clips` is (B, N, d), each of length 1.
        """
        return index.clips

    def search_query(self, query: Tensor) -> Tensor:
        """Return the vector (Q, e) that each of Q encoded queries is in the search of `search_vectors`."""
        return F.normalize(query, dim=-1)

    def place(self, position: Tensor) -> Tensor:
        """Return the stretch of clips that each place (K,) int64 of `similarity` stands for: start and end (K, 2).

        They are shares of the axis of the N clips, multiples of 1/N. Here place i is clip i, as in models that compare
        a query with single clips.
        """
        return torch.stack([position, position + 1], dim=-1) / self.recipe.clips

    def localize(self, query: Tensor, index: Any, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """Find the answer to each of K queries within one video that was retrieved for it.

        query: (K, ...) encoded queries. index: the index of any number of videos. video: (K,) int64, the row of each
        query's video in the index. position: (K,) int64, the place that gave the video its score.
        Returns the number of the moment that answers, (K,) int64, NO_MOMENT for a model that learns no moments, and
        start and end of the answer, (K, 2), shares of the axis of the N clips in [0, 1], which ClipTimes converts into
        seconds; with NO_MOMENT they are a stretch of whole clips, multiples of 1/N. Here it is the stretch at the
        position.
        """
        return torch.full_like(position, NO_MOMENT), self.place(position)

    def runs(self, query: Tensor, index: Any, video: Tensor) -> Tensor:
        """Score every run of consecutive clips of one video for each of K queries -> (K, R), the higher the better.

        query, index, video: as `localize` takes them. The runs are those that `runs_of` lists for N clips; one that
        holds clips after the video's last one is given -inf. Here the score is the cosine with the mean of the run's
        clips, for an index whose field `clips` is (V, N, d).
        """
        return run_similarities(query, index.clips[video])

    def clip_similarities(self, query: Tensor, index: Any, video: Tensor) -> Tensor:
        """Compare each of K queries with the clips of one video -> (K, N), -inf for clips after the video's last one.

        query, index, video: as `localize` takes them. Here they are the first N runs; a model with so many clips that
        their runs, N (N + 1) / 2, would fill the memory computes the clips alone.
        """
        return self.runs(query, index, video)[:, : self.recipe.clips]

    def candidates(self, query: Tensor, index: Any, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """Find P candidate answers to each of K queries within one video, the answer of `localize` first.

        query, index, video, position: as `localize` takes them. Returns start and end of each, (K, P, 2), shares of the
        axis of the N clips, and their scores (K, P), which do not increase and are -inf where there is no candidate.
        Here the candidates are the runs of clips, for models whose places are the first of the runs in this order.
        """
        start, size = (numbers.to(position.device) for numbers in runs_of(self.recipe.clips))
        spans = torch.stack([start, start + size], dim=-1) / self.recipe.clips
        return answer_first(spans.expand(len(video), -1, -1), self.runs(query, index, video), position)


class TrainedModel(RetrievalModel):
    """A model that is fitted by gradient descent.

    It has losses, and projections that training can set to start with (training/start.py).
    """

    recipe: GradientRecipe

    def projections(self) -> tuple[list[Projection], list[Projection]]:
        """List the projections through which the features of videos, and those of queries, enter the model."""
        raise NotImplementedError

    @torch.no_grad()
    def pass_through(self) -> None:
        """Set the weights after the projections so that what the projections compute passes through them unchanged.

        Attention and positions add nothing, and pooling is the mean. A model with other parts extends this.
        """
        for module in self.modules():
            if isinstance(module, SelfAttention):
                module.output.weight.zero_()
            elif isinstance(module, AttentionPooling):
                module.logits.weight.zero_()
            elif isinstance(module, PositionalEmbedding):
                module.table.weight.zero_()

    def losses(self, query: Tensor, encoding: Any, labels: Tensor, moment: Tensor, epoch: int) -> dict[str, Tensor]:
        """Compute the losses of a batch by name, unweighted, and under `total` their weighted sum.

        query: (Q, ...) encoded queries. encoding: that of the batch's videos. labels: (Q,) int64, the row of each
        query's video in the encoding. moment: (Q, 2) int64, the first and the last clip of each query's annotated span,
        inclusive, negative where none is known or its clips are not read, see `clips_of_queries`; models that learn
        without spans leave it unused. epoch: counted from 1.
        """
        raise NotImplementedError


class SolvedModel(RetrievalModel):
    """A model whose weights are computed in closed form, without gradient descent."""

    recipe: SolvedRecipe

    def solve(self, clips: Tensor, query: Tensor, mask: Tensor, labels: Tensor, refit: bool) -> float:
        """Set the weights from all training videos and queries; return how well the model fits them, 1 at best.

        clips: (V, N, D_v). query: (Q, T, D_q) tokens. mask: (Q, T) bool, false at padding. labels: (Q,) int64, the
        video of each query. refit: true where the model was solved before and may use what it found then.
        """
        raise NotImplementedError


def moment_spans(spans: Tensor) -> Tensor:
    """Convert centres and widths (..., 2) into starts and ends (..., 2), cut to the axis of clips, [0, 1]."""
    centre, width = spans.unbind(-1)
    return torch.stack([centre - width / 2, centre + width / 2], dim=-1).clamp(0, 1)


def similarities(query: Tensor, video: Tensor) -> Tensor:
    """Compute the dot products of queries (Q, d) with all N vectors of B videos, (B, N, d) -> (Q, B, N)."""
    return linear(query, video.flatten(0, 1)).unflatten(-1, video.shape[:2])
