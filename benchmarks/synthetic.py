"""Makes random features of TVR's shape: 50 to 120 rows x 3072, and 5 queries of 10 to 20 tokens x 768, a video."""

import torch
from torch import Tensor

from pipeline.core.recipe import Recipe
from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.sampling import at_most, fixed_length, l2_normalize
from pipeline.corpus.videos import video_rows

VIDEO_SIZE, QUERY_SIZE, QUERIES = 3072, 768, 5
ROWS, TOKENS = (50, 120), (10, 20)


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
    clips, frames, tokens = [], [], []
    for number in range(videos):
        rows = video(number)
        clips.append(l2_normalize(fixed_length(rows, recipe.clips)))
        frames.append(l2_normalize(at_most(rows, recipe.frames)) if recipe.frames else rows[:0])
        tokens += [l2_normalize(query) for query in queries(number)]
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
