"""Makes an index of random clip vectors that look like a model's: clustered by subject, by video and by time.

The vectors of AMDNet on the sample's videos have 19 directions' worth of variance, counted as the squared sum of the
variances over the sum of their squares, and neighbouring clips a cosine of 0.87. Here they have 27, and 0.87.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.core.manifest import Video
from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.models.amdnet.model import VideoIndex
from pipeline.models.common.blocks import initialize
from pipeline.models.common.recipe_file import MODELS
from pipeline.models.common.registry import build
from pipeline.retrieval import storage
from pipeline.retrieval.index import Index

RECIPE = "activitynet"  # of AMDNet: 256 dimensions, 32 clips a video
SIZES = {"video_size": 3072, "query_size": 768, "max_query_tokens": 30, "subtitle_size": 0}
VIDEOS_A_SUBJECT = 50
OF_SUBJECT, OF_VIDEO = 0.5, 0.7  # shares of the variance: of a video's vector, and of the amplitude of a clip's
LIKE_THE_CLIP_BEFORE = 0.75
COSINE_OF_QUERY = 0.7
AT_ONCE = 512  # videos


def write_index(folder: Path, videos: int) -> None:
    """Write an index of so many videos, with the weights of an untrained AMDNet, into `folder`."""
    recipe = MODELS.read("amdnet")[RECIPE]
    model = build(
        "amdnet", SIZES["video_size"], SIZES["query_size"], recipe, SIZES["max_query_tokens"], SIZES["subtitle_size"]
    )
    initialize(model, 0)
    ids = [f"v{number:07}" for number in range(videos)]
    spans = torch.full((videos, recipe.moments, 2), 0.5)
    times = ClipTimes(
        *(axis.repeat(videos, *(1 for _ in axis.shape)) for axis in clip_times(1, recipe.clips, 1.0, 1.0))
    )
    folder.mkdir(parents=True)
    scratch = folder / "clips.raw"
    clips = np.memmap(scratch, np.float32, "w+", shape=(videos, recipe.clips, recipe.hidden))
    for first, part in _clips(videos, recipe.clips, recipe.hidden):
        clips[first : first + len(part)] = part.numpy()
    vectors = VideoIndex(torch.from_numpy(clips), spans)
    index = Index(model, ids, torch.ones(videos, dtype=torch.float64), times, vectors)
    config = {"model": "amdnet", **SIZES, "recipe": recipe.model_dump()}
    storage.save(folder, index, config, (Video(id, f"{id}.mp4", "0" * 64, 1.0, ("test",)) for id in ids))
    scratch.unlink()


def queries(index: Index, count: int) -> Tensor:
    """Draw encoded queries (Q, d), each with a cosine of about COSINE_OF_QUERY with a clip of the index."""
    draw, clips = torch.Generator().manual_seed(1), index.vectors.clips
    videos, places = (torch.randint(size, (count,), generator=draw) for size in clips.shape[:2])
    noise = torch.randn(count, clips.shape[2], generator=draw) * _scale(clips.shape[2])
    return COSINE_OF_QUERY * clips[videos, places] + (1 - COSINE_OF_QUERY**2) ** 0.5 * noise


def _scale(size: int) -> Tensor:
    """Deviations of the directions, so that a random vector of them has a length of about 1."""
    scale = torch.arange(1, size + 1) ** -0.5
    return scale / scale.norm()


def _clips(videos: int, count: int, size: int):
    """Draw the clips (B, N, d) of AT_ONCE videos at a time, and say which is the first of these videos."""
    draw, scale = torch.Generator().manual_seed(0), _scale(size)
    subjects = torch.randn(max(1, videos // VIDEOS_A_SUBJECT), size, generator=draw) * scale
    for first in range(0, videos, AT_ONCE):
        here = min(AT_ONCE, videos - first)
        of_subject = subjects[torch.randint(len(subjects), (here,), generator=draw)]
        of_video = OF_SUBJECT**0.5 * of_subject
        of_video += (1 - OF_SUBJECT) ** 0.5 * torch.randn(here, size, generator=draw) * scale
        of_clip = torch.randn(here, count, size, generator=draw) * scale
        for clip in range(1, count):
            of_clip[:, clip] *= (1 - LIKE_THE_CLIP_BEFORE**2) ** 0.5
            of_clip[:, clip] += LIKE_THE_CLIP_BEFORE * of_clip[:, clip - 1]
        yield first, F.normalize(OF_VIDEO * of_video[:, None] + OF_VIDEO * of_clip, dim=-1)
