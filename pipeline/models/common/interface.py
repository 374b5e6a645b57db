"""What every retrieval model can do: the one interface that training and ranking know.

A model is a folder of pipeline/models, whose name is the model's, and its recipes/<name>.yaml; docs/adding-a-model.md.
Test: tests/models/test_interface.py, the same properties for all models.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from pipeline.core.recipe import Recipe
from pipeline.corpus.videos import Videos
from pipeline.models.common.blocks import AttentionPooling, PositionalEmbedding, Projection, SelfAttention, Standardize
from pipeline.models.common.recipe import GradientRecipe, SolvedRecipe
from pipeline.ops import linear

NO_MOMENT = -1


class Scores(NamedTuple):
    """score: (Q, B), the higher the better; similarity: (Q, B, places) of each place in the videos, the largest of
    which is where the score was reached. Only of retrieved videos does anybody ask for that: an arg max takes longer.
    """

    score: Tensor
    similarity: Tensor

    def position(self, videos: Tensor) -> Tensor:
        """Where the scores of the videos (Q, K) were reached -> (Q, K) int64."""
        rows = torch.arange(len(videos), device=videos.device)[:, None]
        return self.similarity[rows, videos].argmax(dim=-1)


class RetrievalModel(nn.Module):
    """Encoders of videos and queries into one space of size d, and what follows from it.

    A model says by its base class how it is fitted: TrainedModel, SolvedModel, or this one: not at all.

    An encoding is a NamedTuple of tensors whose first axis is the B videos, with gradients, for the losses. An index is
    one too and holds only what scores and spans need, prepared once for all queries; its field `spans` (B, H, 2) is
    centre and width of the moments that the model learned in each video, shares of its clips; H = 0 where it learns
    none. Each model has types of its own for both, which is why they are Any here.
    """

    def __init__(self, video_size: int, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.standardize = Standardize(video_size)

    def encode_video(self, videos: Videos) -> Any:
        """B videos of N = `recipe.clips` clips -> their encoding; none depends on the others of its batch."""
        raise NotImplementedError

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """Tokens (Q, T, D_q) and their mask (Q, T) bool, false at padding -> (Q, d)."""
        raise NotImplementedError

    def index(self, encoding: Any) -> Any:
        """An encoding of B videos -> their index."""
        raise NotImplementedError

    def score(self, query: Tensor, index: Any) -> Scores:
        """Queries (Q, d) against B indexed videos."""
        raise NotImplementedError

    def place(self, position: Tensor) -> Tensor:
        """The run of clips that the positions (K,) of scores stand for: start and end (K, 2), shares of the N clips.

        Here it is the clip at the position, for models that score single clips.
        """
        return torch.stack([position, position + 1], dim=-1) / self.recipe.clips

    def localize(self, query: Tensor, index: Any, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """Name what answers each of P queries within a video that was retrieved for it.

        query: (P, d) encoded; index: of any number of videos, of which video (P,) are the rows; position: (P,) of the
        scores. Returns the moment (P,) int64, NO_MOMENT for a model that learns none, and start and end (P, 2), shares
        of the axis of the N clips in [0, 1]; corpus/clip_times.py makes seconds of them. Here it is the run of clips
        at the position, for models that learn no moments.
        """
        return torch.full_like(position, NO_MOMENT), self.place(position)


class TrainedModel(RetrievalModel):
    """A model that is fitted by gradient descent: it has losses, and projections from which training can start."""

    recipe: GradientRecipe

    def projections(self) -> tuple[list[Projection], list[Projection]]:
        """Through which features of videos, and of queries, enter; see start.py."""
        raise NotImplementedError

    @torch.no_grad()
    def pass_through(self) -> None:
        """Let what follows the projections change nothing yet: no attention, no positions, pooling the mean."""
        for module in self.modules():
            if isinstance(module, SelfAttention):
                module.output.weight.zero_()
            elif isinstance(module, AttentionPooling):
                module.logits.weight.zero_()
            elif isinstance(module, PositionalEmbedding):
                module.table.weight.zero_()

    def losses(self, query: Tensor, encoding: Any, labels: Tensor, epoch: int) -> dict[str, Tensor]:
        """The unweighted losses of a batch and their weighted sum `total`.

        query (Q, d); labels (Q,): each query's video in the encoding; epoch: counted from 1.
        """
        raise NotImplementedError


class SolvedModel(RetrievalModel):
    """A model that is fitted in closed form."""

    recipe: SolvedRecipe

    def solve(self, clips: Tensor, query: Tensor, mask: Tensor, labels: Tensor, refit: bool) -> float:
        """Set the weights from clips (V, N, D_v) and queries (Q, T, D_q), mask (Q, T), with labels (Q,), their videos.

        refit: whether it was solved before, and may use what it found then. Returns how well it fits, 1 at best.
        """
        raise NotImplementedError


def moment_spans(spans: Tensor) -> Tensor:
    """Centres and widths (..., 2) as starts and ends (..., 2), clipped to the axis of clips, [0, 1]."""
    centre, width = spans.unbind(-1)
    return torch.stack([centre - width / 2, centre + width / 2], dim=-1).clamp(0, 1)


def similarities(query: Tensor, video: Tensor) -> Tensor:
    """Dot products of queries (Q, d) with every vector of the videos (B, N, d) -> (Q, B, N)."""
    return linear(query, video.flatten(0, 1)).unflatten(-1, video.shape[:2])
