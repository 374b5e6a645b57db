"""What a localizer says: spans within the videos that a retriever found for a query.

A localizer is a folder in pipeline/localizers, and the file recipes/localizers/<name>.yaml, both named like it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor, nn

from pipeline.corpus.videos import Videos
from pipeline.localizers.common.recipe import TrainedLocalizerRecipe
from pipeline.localizers.common.spans import ClipSpans
from pipeline.models.common.blocks import Projection, Standardize
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import Retrieved


class Moments(NamedTuple):
    """M spans for each of Q queries, over all videos that were looked at, the best first; on the CPU.

    video: (Q, M) int64, positions in the corpus, -1 after a query's last span. span: (Q, M, 2) start and end in
    seconds, float64. score: (Q, M).
    """

    video: Tensor
    span: Tensor
    score: Tensor


class PairSpans(NamedTuple):
    """At most P spans in each of K videos for each of B queries, those of a video the best first; on the CPU.

    span: (B, K, P, 2) start and end in seconds, float64. score: (B, K, P), how good the span is among those of its
    video; -inf where there is no span.
    """

    span: Tensor
    score: Tensor


class Curve(NamedTuple):
    """How likely a moment starts, and ends, in each of the n clips of one video, two probabilities (n,).

    clip_ends: (n,) float64, the end of each clip in seconds.
    """

    clip_ends: Tensor
    start: Tensor
    end: Tensor


@dataclass(frozen=True)
class Situation:
    """What a localizer that is not trained is opened with: queries, and what the retriever found for them.

    query, mask: (Q, T, D_q) and (Q, T), the queries as `index.search` takes them. retrieved: what was retrieved for all
    of them, in their order; a localizer that needs the retriever's place in a video knows of no other pairs. window:
    the width of the window that is the retriever's answer, as a share of the video; None where its answer is the
    model's own.
    """

    index: Index
    query: Tensor
    mask: Tensor
    retrieved: Sequence[Retrieved]
    window: float | None


class Localizer:
    """Finds spans in videos for queries; it is bound to both, and knows them by their positions."""

    def spans(self, query: Tensor, video: Tensor) -> PairSpans:
        """Find spans for queries in videos; query: (B,) int64, video: (B, K) int64, positions of both."""
        raise NotImplementedError

    def joint(self, retrieval: Tensor, score: Tensor) -> Tensor:
        """Combine scores of videos (B, K) and of their spans (B, K, P) to scores that rank spans of all videos."""
        raise NotImplementedError

    def curves(self, query: Tensor, video: Tensor) -> list[Curve]:
        """Compute the curves of B queries in one video each; (B,) int64, positions.

        The list is empty for a localizer that knows no starts and ends.
        """
        return []


class Boundaries(NamedTuple):
    """Where the moment of a query starts and ends in a video, for P pairs of a query and a video.

    start, end: (P, L) logits of the clips, end inclusive, so low at padding that a softmax makes 0 of them.
    """

    start: Tensor
    end: Tensor


class TrainedLocalizer(nn.Module):
    """A network that finds the start and end of a query's moment in a video; it is trained by gradient descent.

    It is built as `(video_size, query_size, recipe, max_query_tokens, subtitle_size)`.
    """

    recipe: TrainedLocalizerRecipe
    standardize: Standardize

    def projections(self) -> tuple[list[Projection], list[Projection]]:
        """List the projections through which the features of videos, and those of queries, enter; see TrainedModel."""
        raise NotImplementedError

    def pass_through(self) -> None:
        """Set the weights after the projections so that what they compute passes through; see TrainedModel."""
        raise NotImplementedError

    def encode_video(self, videos: Videos) -> Any:
        """Encode B videos -> a NamedTuple of tensors whose first axis is the videos."""
        raise NotImplementedError

    def encode_query(self, query: Tensor, mask: Tensor) -> Any:
        """Encode the tokens (Q, T, D_q) of queries -> a NamedTuple of tensors whose first axis is the queries.

        mask: (Q, T) bool, false at padding.
        """
        raise NotImplementedError

    def boundaries(self, query: Any, video: Any) -> Boundaries:
        """Compute the logits of Q encoded queries in r videos each, those of the first query first: P = Q r pairs."""
        raise NotImplementedError

    def best_spans(self, boundaries: Boundaries, mask: Tensor) -> ClipSpans:
        """Find the best spans of P pairs, with the scores that they have within their video.

        mask: (P, L) bool, true at the clips of a video.
        """
        raise NotImplementedError

    def joint(self, retrieval: Tensor, score: Tensor) -> Tensor:
        """Combine scores of videos and of spans; see Localizer."""
        raise NotImplementedError

    def losses(self, query: Tensor, mask: Tensor, videos: Videos, moment: Tensor) -> dict[str, Tensor]:
        """Compute the losses of B queries by name, unweighted, and under `total` their weighted sum.

        query: (B, T, D_q) tokens. mask: (B, T) bool, false at padding. videos: B (1 + n) videos, those of the first
        query first: its true video, then n negative ones. moment: (B, 2) int64, first and last clip of each query's
        moment in its true video.
        """
        raise NotImplementedError
