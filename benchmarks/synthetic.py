"""Makes random features of TVR's shape: 50 to 120 rows x 3072, and 5 queries of 10 to 20 tokens x 768, a video.

Videos at their own pace have TVR's rows of 1.5 seconds instead, 40 to 62 of them x 4352, subtitles x 768 in each row,
and queries with moments.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from pipeline.core.recipe import Recipe
from pipeline.core.runtime import threads
from pipeline.corpus.clip_times import ClipTimes, clip_times, row_times
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.sampling import at_most, fixed_length, l2_normalize
from pipeline.corpus.videos import VideoRows, video_rows

VIDEO_SIZE, QUERY_SIZE, QUERIES = 3072, 768, 5
ROWS, TOKENS = (50, 120), (10, 20)
OWN_PACE_SIZE, SUBTITLE_SIZE = 4352, 768
OWN_PACE_ROWS, ROW_SECONDS, LONGEST_MOMENT = (40, 62), 1.5, 10


def video(number: int) -> Tensor:
    """Draw the rows (n, VIDEO_SIZE) of a video; number: the seed."""
    generator = torch.Generator().manual_seed(number)
    rows = torch.randint(ROWS[0], ROWS[1] + 1, (), generator=generator)
    return torch.randn(int(rows), VIDEO_SIZE, generator=generator)


def queries(number: int) -> list[Tensor]:
    """Draw the tokens (n, QUERY_SIZE) of each query of a video; number: that of the video."""
    generator = torch.Generator().manual_seed(2**32 + number)
    counts = torch.randint(TOKENS[0], TOKENS[1] + 1, (QUERIES,), generator=generator)
    return [torch.randn(count, QUERY_SIZE, generator=generator) for count in counts.tolist()]


def corpus(videos: int, recipe: Recipe) -> Corpus:
    """Make the corpus that `load_corpus` would make of so many videos for this recipe."""

    def drawn(number: int) -> tuple[Tensor, Tensor, list[Tensor]]:
        rows = video(number)
        clips = l2_normalize(fixed_length(rows, recipe.clips))
        frames = l2_normalize(at_most(rows, recipe.frames)) if recipe.frames else rows[:0]
        return clips, frames, [l2_normalize(query) for query in queries(number)]

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool, threads(1):
        clips, frames, of_videos = map(list, zip(*pool.map(drawn, range(videos)), strict=True))
    tokens = [query for of_video in of_videos for query in of_video]
    if recipe.query_form == "sentence":
        tokens = [query.mean(dim=0, keepdim=True) for query in tokens]
    count = torch.tensor([len(query) for query in tokens])
    return Corpus(
        video_ids=[f"v{number:06}" for number in range(videos)],
        durations=torch.ones(videos),
        times=ClipTimes(*(axis.expand(videos, *axis.shape) for axis in clip_times(1, recipe.clips, 1.0, 1.0))),
        videos=video_rows(clips, frames),
        query_ids=[f"q{number:06}" for number in range(len(tokens))],
        texts=[""] * len(tokens),
        query=torch.nn.utils.rnn.pad_sequence(tokens, batch_first=True),
        query_mask=torch.arange(int(count.max())) < count[:, None],
        labels=torch.arange(videos).repeat_interleave(QUERIES),
        spans=[()] * len(tokens),
        agreement=[1] * len(tokens),
        missing_videos=[],
        missing_queries=[],
    )


def own_pace_corpus(videos: int, recipe: Recipe, pool: int | None = None) -> Corpus:
    """Make the corpus that `load_corpus` would make of so many videos for a recipe with `own_pace` and subtitles.

    pool: how many random rows there are, of which all videos are stretches, while the tokens of the queries are zeros,
    which take no memory until they are written to. None: every video has rows of its own, and every query tokens.
    """
    generator = torch.Generator().manual_seed(0)
    queries = videos * QUERIES
    counts = torch.randint(OWN_PACE_ROWS[0], OWN_PACE_ROWS[1] + 1, (videos,), generator=generator)
    counts = counts.clamp(max=recipe.clips)
    first, rows = counts.cumsum(0) - counts, int(counts.sum())
    if pool:
        first, rows = torch.randint(pool - OWN_PACE_ROWS[1], (videos,), generator=generator), pool
    features, said = (torch.randn(rows + 1, size, generator=generator) for size in (OWN_PACE_SIZE, SUBTITLE_SIZE))
    features[-1], said[-1] = 0, 0
    tokens = torch.randint(TOKENS[0], TOKENS[1] + 1, (queries,), generator=generator)
    query_mask = torch.arange(TOKENS[1]) < tokens[:, None]
    query = torch.from_numpy(np.zeros((queries, TOKENS[1], QUERY_SIZE), np.float32))
    if not pool:
        query.normal_(generator=generator).mul_(query_mask[..., None])
    labels = torch.arange(videos).repeat_interleave(QUERIES)
    start = (torch.rand(queries, generator=generator) * (counts[labels] - LONGEST_MOMENT)).long()
    length = torch.randint(1, LONGEST_MOMENT, (queries,), generator=generator)
    seconds = ROW_SECONDS * torch.stack([start, start + length], dim=1).double()
    times = [row_times(count, recipe.clips, ROW_SECONDS, ROW_SECONDS * count) for count in counts.tolist()]
    return Corpus(
        video_ids=[f"v{number:06}" for number in range(videos)],
        durations=ROW_SECONDS * counts.double(),
        times=ClipTimes(*map(torch.stack, zip(*times, strict=True))),
        videos=VideoRows(features.new_empty(videos, 0, OWN_PACE_SIZE), features, first, counts, said),
        query_ids=[f"q{number:06}" for number in range(queries)],
        texts=[""] * queries,
        query=query,
        query_mask=query_mask,
        labels=labels,
        spans=[((begin, end),) for begin, end in seconds.tolist()],
        agreement=[1] * queries,
        missing_videos=[],
        missing_queries=[],
        cut_videos=0,
    )
