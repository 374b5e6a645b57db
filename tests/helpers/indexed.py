"""An index that holds enough videos for an engine: clustered, as a model's are, and without features to read."""

import torch

from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.corpus.videos import Videos
from pipeline.models.common.interface import RetrievalModel
from pipeline.retrieval.index import Index

TOPICS = 20


def index_of(model: RetrievalModel, count: int, video_size: int, subtitle_size: int, still: bool = False) -> Index:
    """Index `count` videos of the model's clips and 1 to 8 rows; still: nothing changes within a video."""
    draw, clips = torch.Generator().manual_seed(0), model.recipe.clips

    def rows(many: int, size: int) -> torch.Tensor:
        topics = torch.randn(TOPICS, 1, size, generator=draw)[torch.arange(count) % TOPICS]
        return topics + 0.5 * torch.randn(count, many, size, generator=draw)

    mask = torch.arange(8) < (1 + torch.arange(count) % 8)[:, None]
    seen, frames, said = rows(clips, video_size), rows(8, video_size), rows(8, subtitle_size)
    if still:
        seen = seen[:, :1].expand(-1, clips, -1)
    videos = Videos(seen, frames * mask[..., None], mask, said * mask[..., None])
    with torch.inference_mode():
        vectors = model.index(model.encode_video(videos))
    times = ClipTimes(*(axis.expand(count, *axis.shape) for axis in clip_times(1, clips, 1.0, 1.0)))
    return Index(model, [f"v{number:05}" for number in range(count)], torch.ones(count).double(), times, vectors)


def asked(index: Index, count: int) -> torch.Tensor:
    """Draw encoded queries near clips of the index."""
    draw, clips = torch.Generator().manual_seed(1), index.vectors.clips
    video = torch.randint(len(clips), (count,), generator=draw)
    near = clips[video][..., 0, :]  # the first clip, which no mask leaves out
    return near + 0.5 * near.std() * torch.randn(near.shape, generator=draw)
