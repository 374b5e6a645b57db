"""Encodes parts of a corpus with a model, in this process or with the actors of a Ray cluster.

Both give the same bytes: each block of videos is encoded by itself, by the same code.
Test: tests/retrieval/test_encoding.py.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.core import runtime
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file
from pipeline.core.manifest import Video
from pipeline.core.ray_cluster import RayCluster
from pipeline.core.worker_setup import WorkerSetup, caught, refused
from pipeline.corpus.clip_times import ClipTimes
from pipeline.corpus.corpus import CorpusVideos, videos_in_parts
from pipeline.corpus.params import FeaturesParams
from pipeline.corpus.videos import Videos
from pipeline.models.common import checkpoint
from pipeline.models.common.interface import RetrievalModel
from pipeline.retrieval.search import VIDEO_BLOCK

RESTARTS = 3
"""How often Ray starts an actor anew that died, before the run ends."""


@dataclass(frozen=True)
class EncodedPart:
    """B videos as a model's index keeps them: the ids, durations (B,) float64, times, and the model's own vectors."""

    video_ids: list[str]
    durations: Tensor
    times: ClipTimes
    vectors: Any


@torch.inference_mode()
def encode(model: RetrievalModel, parts: Iterable[CorpusVideos], device: torch.device) -> Iterator[EncodedPart]:
    """Encode the videos of all parts, at most VIDEO_BLOCK at a time, on the device where the model is."""
    model.eval()
    for part in parts:
        for rows in torch.arange(len(part.video_ids)).split(VIDEO_BLOCK):
            yield EncodedPart(
                part.video_ids[int(rows[0]) : int(rows[-1]) + 1],
                part.durations[rows],
                ClipTimes(*(field[rows] for field in part.times)),
                model.index(model.encode_video(_padded(part, rows, device))),
            )


def encode_on_ray(model: Path, features: Path, videos: list[Video], size: int = VIDEO_BLOCK) -> Iterator[EncodedPart]:
    """Encode the videos that have features, in their order, with the actors of a Ray cluster; `size` at a time.

    model: folder of a checkpoint; features: folder of the feature files; all machines must see both. The vectors are on
    the CPU. Raises PipelineError where Ray or an actor cannot be started, and as `videos_in_parts` does.
    """
    blocks = [videos[start : start + size] for start in range(0, len(videos), size)]
    with RayCluster() as cluster:
        setup, weights = WorkerSetup.of_driver(cluster.device, threads=1), sha256_file(model / checkpoint.WEIGHTS)
        asked = setup, model.resolve(), weights, features.resolve()
        actors = [cluster.actor(_Encoder, *asked, restarts=RESTARTS) for _ in range(min(cluster.size, len(blocks)))]
        pool = cluster.ray.util.ActorPool(actors)
        try:
            for encoded in pool.map(lambda actor, block: actor.encode.remote(block), blocks):
                if isinstance(encoded, Exception):
                    raise encoded
                yield from encoded
        except cluster.ray.exceptions.RayError as error:
            raise PipelineError(
                f"the actors that encode videos died: {' '.join(str(error).split())[:500]}",
                where="index",
                fix="try AMDNET_EXECUTOR=inline; where memory is short, lower AMDNET_WORKERS",
            ) from None


class _Encoder:
    """A Ray actor. It returns exceptions instead of raising them: not every exception can be pickled."""

    def __init__(self, setup: WorkerSetup, model: Path, weights: str, features: Path):
        self._setup, self._folder, self._weights, self._features = setup, model, weights, features
        self._opened: tuple[RetrievalModel, FeaturesParams] | None = None

    def encode(self, videos: list[Video]) -> list[EncodedPart] | Exception:
        return caught(lambda: self._encode(videos))

    def _encode(self, videos: list[Video]) -> list[EncodedPart]:
        model, features = self._opened = self._opened or self._open()
        parts = videos_in_parts(videos, self._features, features, model.recipe, VIDEO_BLOCK)
        return [_on_cpu(part) for part in encode(model, parts, runtime.device())]

    def _open(self) -> tuple[RetrievalModel, FeaturesParams]:
        self._setup.apply()
        if sha256_file(self._folder / checkpoint.WEIGHTS) != self._weights:
            raise refused("its trained model is not the driver's")
        model, config = checkpoint.load(self._folder, runtime.device())
        return model, FeaturesParams(**config["features"])


def _on_cpu(part: EncodedPart) -> EncodedPart:
    vectors = type(part.vectors)(*(field.cpu() for field in part.vectors))
    return EncodedPart(part.video_ids, part.durations, part.times, vectors)


def _padded(part: CorpusVideos, rows: Tensor, device: torch.device) -> Videos:
    """Take the videos `rows` (B,), padded to the longest of them, to the device."""
    videos = part.videos.take(rows, int(part.videos.counts[rows].max()))
    return Videos(*(field.to(device) for field in videos))
