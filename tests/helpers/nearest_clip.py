"""A corpus of random vectors, and a model small enough to work out by hand that obeys the models' interface."""

from types import SimpleNamespace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.videos import Videos, video_rows
from pipeline.models.common.interface import Scores
from pipeline.models.common.runs import answer_first, run_similarities


class Encoding(NamedTuple):
    video: Tensor
    spans: Tensor


CLIPS = 8


class NearestClip(nn.Module):
    """Compares vectors as they are; its two moments are the first half and the last half of every video."""

    recipe = SimpleNamespace(clips=CLIPS)

    def encode_video(self, videos: Videos) -> Encoding:
        return Encoding(videos.clips, torch.tensor([[0.25, 0.5], [0.75, 0.5]]).expand(len(videos.clips), 2, 2))

    def index(self, encoding: Encoding) -> Encoding:
        return encoding

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        return (query * mask[..., None]).sum(dim=1)

    def score(self, query: Tensor, index: Encoding) -> Scores:
        similarity = torch.einsum("qd,bnd->qbn", query, index.video)
        return Scores(similarity.amax(dim=2), similarity)

    def place(self, position: Tensor) -> Tensor:
        return torch.stack([position, position + 1], dim=1) / CLIPS

    def localize(self, query: Tensor, index: Encoding, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        moment = (position >= CLIPS // 2).long()
        return moment, torch.stack([moment * 0.5, moment * 0.5 + 0.5], dim=1)

    def runs(self, query: Tensor, index: Encoding, video: Tensor) -> Tensor:
        return run_similarities(query, index.video[video])

    def clip_similarities(self, query: Tensor, index: Encoding, video: Tensor) -> Tensor:
        return torch.einsum("kd,knd->kn", query, index.video[video])

    def candidates(self, query: Tensor, index: Encoding, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        score = torch.einsum("kd,knd->kn", query, index.video[video]).unflatten(1, (2, -1)).amax(dim=2)
        halves = torch.tensor([[0.0, 0.5], [0.5, 1.0]]).expand(len(video), 2, 2)
        return answer_first(halves, score, self.localize(query, index, video, position)[0])


def small_corpus() -> Corpus:
    """12 videos of 8 clips, 30 queries that are noisy copies of a clip; a third of the queries have no span."""
    generator = torch.Generator().manual_seed(0)
    video = torch.randn(12, CLIPS, 16, generator=generator)
    labels = torch.arange(30) % 12
    clips = torch.arange(30) % 8
    query = video[labels, clips] + 0.8 * torch.randn(30, 16, generator=generator)
    durations = torch.linspace(10, 40, 12)
    clip_seconds = (durations[labels] / 8).tolist()
    spans = [
        () if index % 3 == 0 else ((clip * seconds, (clip + 1) * seconds),)
        for index, (clip, seconds) in enumerate(zip(clips.tolist(), clip_seconds, strict=True))
    ]
    times = [clip_times(8, CLIPS, duration / 8, duration) for duration in durations.tolist()]
    return Corpus(
        video_ids=[f"video{index:02d}" for index in range(12)],
        durations=durations.double(),
        times=ClipTimes(*map(torch.stack, zip(*times, strict=True))),
        videos=video_rows(list(video), [video[0, :0]] * 12),
        query_ids=[f"query{index:02d}" for index in range(30)],
        texts=[f"something happens, number {index}" for index in range(30)],
        query=torch.stack([query, torch.full_like(query, 9.0)], dim=1),
        query_mask=torch.tensor([[True, False]]).expand(30, 2),
        labels=labels,
        spans=spans,
        agreement=[1] * 30,
        missing_videos=[],
        missing_queries=[],
    )
