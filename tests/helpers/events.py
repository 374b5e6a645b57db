"""A corpus that a localizer can learn: each query names an event, whose rows are like its words for some seconds."""

import torch

from pipeline.corpus.clip_times import ClipTimes, row_times
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.videos import VideoRows

SIZE, TOKENS, MOST = 12, 3, 8


def corpus_of_events(videos: int, seed: int = 0) -> Corpus:
    """A corpus at its own pace: 5 to 8 clips of 1 s a video, 2 queries each."""
    generator = torch.Generator().manual_seed(seed)
    counts = torch.randint(5, MOST + 1, (videos,), generator=generator)
    first = counts.cumsum(0) - counts
    rows = torch.zeros(int(counts.sum()) + 1, SIZE)
    labels = torch.arange(videos).repeat_interleave(2)
    events = torch.randn(len(labels), SIZE, generator=generator)
    spans: list[tuple[tuple[float, float], ...]] = []
    for query, video in enumerate(labels.tolist()):
        middle = int(counts[video]) // 2
        start, end = (0, middle) if query % 2 == 0 else (middle, int(counts[video]))
        rows[int(first[video]) + start : int(first[video]) + end] = events[query]
        spans.append(((float(start), float(end)),))
    times = [row_times(int(count), MOST, 1.0, float(count)) for count in counts]
    return Corpus(
        video_ids=[f"v{index:02}" for index in range(videos)],
        durations=counts.double(),
        times=ClipTimes(*map(torch.stack, zip(*times, strict=True))),
        videos=VideoRows(rows.new_empty(videos, 0, SIZE), rows, first, counts, rows.new_empty(len(rows), 0)),
        query_ids=[f"q{index:03}" for index in range(len(labels))],
        texts=["a query"] * len(labels),
        query=events[:, None].repeat(1, TOKENS, 1),
        query_mask=torch.ones(len(labels), TOKENS, dtype=torch.bool),
        labels=labels,
        spans=spans,
        agreement=[1] * len(labels),
        missing_videos=[],
        missing_queries=[],
    )
