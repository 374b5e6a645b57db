"""What a localizer says: spans within the videos that a retriever found for a query.

A localizer is a folder in pipeline/localizers, and the file recipes/localizers/<name>.yaml, both named like it.
"""

from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from pipeline.corpus.videos import Videos


class Moments(NamedTuple):
    """M spans for each of Q queries, over all videos that were looked at, the best first; on the CPU.

    video: (Q, M) int64, positions in the corpus, -1 after a query's last span. span: (Q, M, 2) start and end in
    seconds, float64. score: (Q, M).
    """

    video: Tensor
    span: Tensor
    score: Tensor


class PairSpans(NamedTuple):
    """At most P spans in each of K videos for each of B queries, those of a video the best first.

    span: (B, K, P, 2) start and end in seconds, float64. score: (B, K, P), how good the span is among those of its
    video; -inf where there is no span.
    """

    span: Tensor
    score: Tensor


class Localizer(Protocol):
    """Finds spans in the videos of one split for the queries of the split."""

    def spans(self, query: Tensor, video: Tensor) -> PairSpans:
        """Find spans for queries in videos; query: (B,) int64, video: (B, K) int64, positions in the corpus."""
        ...

    def joint(self, retrieval: Tensor, score: Tensor) -> Tensor:
        """Combine scores of videos (B, K) and of their spans (B, K, P) to scores that rank spans of all videos."""
        ...


class Boundaries(NamedTuple):
    """Where the moment of a query starts and ends in a video, for P pairs of a query and a video.

    start, end: (P, L) logits of the clips, end inclusive, so low at padding that a softmax makes 0 of them.
    """

    start: Tensor
    end: Tensor


class TrainedLocalizer(nn.Module):
    """A network that finds the start and end of a query's moment in a video; it is trained by gradient descent."""

    def encode_video(self, videos: Videos) -> Any:
        """Encode B videos -> a NamedTuple of tensors whose first axis is the videos."""
        raise NotImplementedError

    def encode_query(self, query: Tensor, mask: Tensor) -> Any:
        """Encode the tokens (Q, T, D_q) of queries -> a NamedTuple of tensors whose first axis is the queries.

        mask: (Q, T) bool, false at padding.
        """
        raise NotImplementedError

    def boundaries(self, query: Any, video: Any) -> Boundaries:
        """Compute the logits of P encoded queries in P encoded videos, row by row."""
        raise NotImplementedError

    def losses(self, query: Tensor, mask: Tensor, videos: Videos, moment: Tensor) -> dict[str, Tensor]:
        """Compute the losses of B queries by name, unweighted, and under `total` their weighted sum.

        query: (B, T, D_q) tokens. mask: (B, T) bool, false at padding. videos: B (1 + n) videos, those of the first
        query first: its true video, then n negative ones. moment: (B, 2) int64, first and last clip of each query's
        moment in its true video.
        """
        raise NotImplementedError
