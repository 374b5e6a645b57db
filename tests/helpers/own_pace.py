"""A data set whose videos a model reads at their own pace, and a small model of pictures and subtitles that does so."""

import sys
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.manifest import Query, Video, write_queries, write_videos
from pipeline.corpus.corpus import Corpus, load_corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.corpus.videos import Videos
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.models.common.blocks import Projection
from pipeline.models.common.correlation import mean_token
from pipeline.models.common.interface import Scores, TrainedModel
from pipeline.models.common.losses import retrieval_loss
from pipeline.models.common.recipe import GradientRecipe

NAME, SECONDS, MOST, SPOKEN = "toy", 1.5, 6, 5
ROWS = [1, 2, 3, 4, 5, 6, 7, 9, 6, 3] * 3
"""The rows of each video of a split: at least one, and of six videos more than the model reads."""


class ToyRecipe(GradientRecipe):
    """Hyperparameters of the model."""

    modalities: ClassVar[tuple[str, ...]] = ("visual", "subtitle")
    own_pace: ClassVar[bool] = True
    query_form: ClassVar[str] = "token"

    @property
    def frames(self) -> int:
        """All clips are frame rows."""
        return self.clips


class Encoding(NamedTuple):
    clips: Tensor  # (B, M, L, d)
    mask: Tensor  # (B, L)


class Vectors(NamedTuple):
    clips: Tensor  # (B, M, N, d)
    mask: Tensor  # (B, N)
    spans: Tensor  # (B, 0, 2)


class Toy(TrainedModel):
    """Compares a query with every clip, in each of M modalities."""

    def __init__(self, video_size: int, query_size: int, recipe: ToyRecipe, max_query_tokens: int, subtitle_size: int):
        super().__init__(video_size, recipe)
        sizes = [video_size, subtitle_size] if subtitle_size else [video_size]
        self.videos = nn.ModuleList(Projection(size, recipe.hidden, 0.0) for size in sizes)
        self.query = Projection(query_size, recipe.hidden, 0.0)

    def encode_video(self, videos: Videos) -> Encoding:
        assert videos.clips.shape[1] == 0
        features = self.standardize(videos.frames), videos.subtitle
        clips = [projection(rows) for projection, rows in zip(self.videos, features, strict=False)]
        return Encoding(torch.stack(clips, dim=1), videos.frame_mask)

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        return mean_token(self.query(query), mask)[:, None].repeat(1, len(self.videos), 1)

    def index(self, encoding: Encoding) -> Vectors:
        more = self.recipe.clips - encoding.mask.shape[1]
        clips = F.normalize(F.pad(encoding.clips, (0, 0, 0, more)), dim=-1)
        return Vectors(clips, F.pad(encoding.mask, (0, more)), clips.new_empty(len(clips), 0, 2))

    def score(self, query: Tensor, index: Vectors) -> Scores:
        similarity = torch.einsum("qmd,bmnd->qbn", F.normalize(query, dim=-1), index.clips)
        similarity = similarity.masked_fill(~index.mask, -torch.inf)
        return Scores(similarity.amax(dim=-1), similarity)

    def projections(self) -> tuple[list[Projection], list[Projection]]:
        return [self.videos[0]], [self.query]

    def losses(
        self, query: Tensor, encoding: Encoding, labels: Tensor, moment: Tensor, epoch: int
    ) -> dict[str, Tensor]:
        scores = self.score(query, self.index(encoding))
        known = moment[:, 0] >= 0
        first = scores.similarity[known, labels[known], moment[known, 0]].sum() / len(labels)
        total = retrieval_loss(scores.score, labels) - first
        return {"first": first, "total": total}


def recipe(**changes) -> ToyRecipe:
    """The recipe of the model, for videos of at most MOST clips."""
    values = {
        "clips": MOST,
        "epochs": 1,
        "start": "random",
        "hidden": 16,
        "input_dropout": 0.0,
        "dropout": 0.0,
        "learning_rate": 1e-3,
        "warmup": 0.0,
        "weight_decay": 0.0,
        "batch_videos": 4,
        "patience_steps": None,
    }
    return ToyRecipe(**values | changes)


def register(monkeypatch) -> None:
    """Let the program find the model under NAME, as if it had a folder."""
    for part in ("model", "recipe"):
        monkeypatch.setitem(sys.modules, f"pipeline.models.{NAME}.{part}", sys.modules[__name__])
    monkeypatch.setattr("pipeline.models.common.recipe_file.names", lambda *_: [NAME])


def write_inputs() -> list[Video]:
    """Write manifest and features of both splits into outputs/; a query is one row of its video, and what is said."""
    draw = np.random.default_rng(0)
    videos = [
        Video(f"{split}{number:02}", f"{number}.mp4", "0" * 64, rows * SECONDS, (split,))
        for split in ("train", "val")
        for number, rows in enumerate(ROWS)
    ]
    counts = dict(zip((video.video_id for video in videos), ROWS * 2, strict=True))
    seen = {id: draw.normal(size=(rows, 8)).astype(np.float32) for id, rows in counts.items()}
    said = {id: draw.normal(size=(rows, SPOKEN)).astype(np.float32) for id, rows in list(counts.items())[::2]}
    queries, tokens = [], {}
    for video in videos:
        for row in {0, counts[video.video_id] - 1}:
            id, spans = f"{video.video_id}#{row}", ((row * SECONDS, (row + 1) * SECONDS),) if row % 3 != 2 else ()
            queries.append(Query(id, video.video_id, "a text", video.splits[0], spans))
            tokens[id] = seen[video.video_id][[row, row]] + 0.1 * draw.normal(size=(2, 8)).astype(np.float32)
    write_videos("outputs/manifest/videos.jsonl", videos)
    write_queries("outputs/manifest/queries.jsonl", queries)
    files = {"resnet": (seen, {"clip_seconds": SECONDS}), "subtitle": (said, {}), "query": (tokens, {"max_tokens": 9})}
    for name, (rows, provenance) in files.items():
        items = [Item(id, rows[id], {}) for id in sorted(rows)]
        write_features(Path(f"outputs/features/{name}.h5"), items, provenance)
    return videos


def features(subtitles: bool, normalize: str = "stream") -> FeaturesParams:
    """The section `features` of the parameters."""
    return FeaturesParams(streams=["resnet", "subtitle"] if subtitles else ["resnet"], normalize=normalize)


def corpus_of(split: str, params: FeaturesParams, chosen: ToyRecipe) -> Corpus:
    """Load a split of what `write_inputs` wrote."""
    return load_corpus("outputs/manifest", "outputs/features", split, params, chosen)
