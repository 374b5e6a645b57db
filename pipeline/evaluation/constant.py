"""Finds the best span that is the same for every video and query, as shares of a video, on the training split.

A model whose answers are no better has learned nothing about moments.

Test: tests/evaluation/test_constant.py.
"""

from pathlib import Path

import torch
from torch import Tensor

from pipeline.core.manifest import read_queries, read_videos
from pipeline.evaluation.moments import annotated

EDGES = torch.arange(41, dtype=torch.float64) / 40
"""Where a span may start and end, as shares of a video."""


def constant_span(manifest: Path | str) -> tuple[float, float] | None:
    """Find the span, start and end as shares of a video, with the largest mean IoU over the training queries.

    manifest: the folder that `prepare` wrote. Queries without annotated spans do not count; where none has any, the
    result is None. Of equally good spans it is the first.
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
    """Convert a span from shares into seconds (..., K, 2), in K videos of `length` (K,) seconds.

    end: a number, or a column (E, 1) of them, which gives (E, K, 2).
    """
    ends = torch.as_tensor(end, dtype=torch.float64) * length
    return torch.stack([(start * length).expand_as(ends), ends], dim=-1)
