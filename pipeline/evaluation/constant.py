"""The best answer that looks at no video and no query: one span for all, as shares, chosen on the training split.

Test: tests/evaluation/test_constant.py.
"""

from pathlib import Path

import torch
from torch import Tensor

from pipeline.core.manifest import read_queries, read_videos
from pipeline.evaluation.moments import annotated

EDGES = torch.arange(41, dtype=torch.float64) / 40
"""Where a span may start and end, shares of the video."""


def constant_span(manifest: Path | str) -> tuple[float, float] | None:
    """Start and end, shares of the video, of the largest mean IoU over the training queries that have spans.

    The first of those that are equally good; None where no training query has spans.
    """
    manifest = Path(manifest)
    seconds = {video.video_id: video.used_seconds for video in read_videos(manifest / "videos.jsonl")}
    queries = [query for query in read_queries(manifest / "queries.jsonl") if query.split == "train"]
    truth = annotated([query.spans for query in queries], [query.agreement for query in queries])
    if not len(truth.query):
        return None
    length = torch.tensor([seconds[queries[index].video_id] for index in truth.query.tolist()], dtype=torch.float64)
    best, chosen = -1.0, None
    for index, start in enumerate(EDGES[:-1].tolist()):
        ends = EDGES[index + 1 :]
        means = truth.iou(spans_of(start, ends[:, None], length)).double().mean(dim=1)
        if (mean := means.max().item()) > best:
            best, chosen = mean, (start, ends[int(means.argmax())].item())
    return chosen


def spans_of(start: float, end: float | Tensor, length: Tensor) -> Tensor:
    """The span in seconds (..., K, 2) of videos of `length` (K,) seconds; a column of ends gives as many answers."""
    ends = torch.as_tensor(end, dtype=torch.float64) * length
    return torch.stack([(start * length).expand_as(ends), ends], dim=-1)
