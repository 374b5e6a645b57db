"""Loads a split of the data set as contiguous tensors: clips and frame rows of every video, tokens of every query.

The tensors are made from the feature files once, and kept in the store. The next experiment maps them into memory,
unless something that `_key` names has changed. So a split may be larger than the memory, and the tensors must not be
written to. A video or query of the manifest that has no features is left out, and named in `missing_videos` or
`missing_queries`; a query of a missing video is missing too. Of a video that the data set uses in part, only the
feature rows of that part are used.
Test: tests/corpus/test_corpus.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.core.clock import clip_count
from pipeline.core.code_hash import code_of
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Query, Video, read_queries, read_videos
from pipeline.core.recipe import Recipe
from pipeline.corpus.clip_times import ClipTimes
from pipeline.corpus.kept import Entry
from pipeline.corpus.params import FeaturesParams
from pipeline.corpus.queries import as_read
from pipeline.corpus.sampling import fixed_length
from pipeline.corpus.sources import Form, Sources, open_sources
from pipeline.corpus.split import SplitWriter, clip_times_of, find_split, find_videos, read_video
from pipeline.corpus.videos import VideoRows, video_rows
from pipeline.feature_io.hdf5 import FeatureFile

_CODE = sorted({part.__module__ for part in (Sources, SplitWriter, ClipTimes, fixed_length, as_read, clip_count)})
"""The modules whose code decides what is in the tensors."""


@dataclass(frozen=True)
class CorpusVideos:
    """V videos and their features, sorted by id; all tensors are on the CPU.

    durations: (V,) float64, how many seconds of each video the data set uses. times: when the clips of each video are.
    videos: the features.
    """

    video_ids: list[str]
    durations: Tensor
    times: ClipTimes
    videos: VideoRows


@dataclass(frozen=True)
class Corpus(CorpusVideos):
    """The V videos of a split and the Q queries about them, both sorted by id; all tensors are on the CPU.

    query: (Q, T, D_q) token features, zeros after a query's last token. query_mask: (Q, T) bool, true at tokens.
    labels: (Q,) int64, the index of each query's video. spans: for each query the annotated spans, as start and end in
    seconds; empty where none is known. agreement: for each query how many of its spans a prediction must match.
    missing_videos, missing_queries: the ids of what the manifest lists and the feature files lack. cut_videos: of how
    many videos rows were cut off, because they have more than a model with `own_pace` reads; None for other models.
    types, also: of each query its type, and the ids of other videos that answer it too, as in Query.
    """

    query_ids: list[str]
    texts: list[str]
    query: Tensor
    query_mask: Tensor
    labels: Tensor
    spans: list[tuple[tuple[float, float], ...]]
    agreement: list[int]
    missing_videos: list[str]
    missing_queries: list[str]
    cut_videos: int | None = None
    types: list[str] = field(default_factory=list)
    also: list[tuple[str, ...]] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Count the videos and queries that are there, those of the manifest that are missing, and videos cut short."""
        return {
            "videos": len(self.video_ids),
            "queries": len(self.query_ids),
            "missing_videos": len(self.missing_videos),
            "missing_queries": len(self.missing_queries),
            **({} if self.cut_videos is None else {"cut_videos": self.cut_videos}),
        }


def load_corpus(
    manifest_folder: Path | str,
    features_folder: Path | str,
    split: str,
    features: FeaturesParams,
    recipe: Recipe,
) -> Corpus:
    """Load a split: its videos and queries from the manifest, their features from the HDF5 files.

    split: `train`, `val` or `test`. recipe: the values that Form names decide which tensors are made; with `query_form:
    sentence`, T = 1. Raises PipelineError where no video or no query has features, where features are not finite (it
    names the file and the id), and where the store cannot be written to.
    """
    manifest_folder, features_folder = Path(manifest_folder), Path(features_folder)
    listed = [video for video in read_videos(manifest_folder / "videos.jsonl") if split in video.splits]
    asked = [query for query in read_queries(manifest_folder / "queries.jsonl") if query.split == split]
    form = Form.of(recipe)
    with open_sources(features_folder, features, form, recipe.subtitles) as sources:
        entry = Entry(_key(sources, listed, asked, features, form))
        if (tensors := entry.open()) is None:
            found = find_split(sources, listed, asked)
            if not found.videos:
                raise _nothing_usable(split, "video", len(listed), features_folder)
            if not found.queries:
                raise _nothing_usable(split, "query", len(asked), features_folder)
            writer = SplitWriter(sources, found, listed, asked, features, form)
            tensors = entry.write(f"corpus: {split} split", writer.size, writer.write)
    return _corpus(tensors, listed, asked, form)


def _key(
    sources: Sources, listed: list[Video], asked: list[Query], features: FeaturesParams, form: Form
) -> dict[str, Any]:
    """Name all that the tensors of a split depend on."""
    return {
        "videos": [(video.video_id, video.used_seconds) for video in listed],
        "queries": [(query.query_id, query.video_id) for query in asked],
        "files": {file.path.stem: file.sha256 for file in sources.files},
        "features": features.model_dump(),
        "form": form._asdict(),
        "code": code_of(_CODE),
        "torch": torch.__version__,
    }


def _corpus(tensors: dict[str, Tensor], listed: list[Video], asked: list[Query], form: Form) -> Corpus:
    videos = [listed[place] for place in tensors["video"].tolist()]
    queries = [asked[place] for place in tensors["asked"].tolist()]
    there = {video.video_id for video in videos}, {query.query_id for query in queries}
    return Corpus(
        video_ids=[video.video_id for video in videos],
        durations=torch.tensor([video.used_seconds for video in videos], dtype=torch.float64),
        times=ClipTimes(*(tensors[name] for name in ClipTimes._fields)),
        videos=VideoRows(*(tensors[name] for name in VideoRows._fields)),
        query_ids=[query.query_id for query in queries],
        texts=[query.text for query in queries],
        query=tensors["query"],
        query_mask=tensors["query_mask"],
        labels=tensors["labels"],
        spans=[query.spans for query in queries],
        agreement=[query.agreement for query in queries],
        missing_videos=[video.video_id for video in listed if video.video_id not in there[0]],
        missing_queries=[query.query_id for query in asked if query.query_id not in there[1]],
        cut_videos=int((tensors["rows"] > tensors["counts"]).sum()) if form.own_pace else None,
        types=[query.type for query in queries],
        also=[query.also for query in queries],
    )


def videos_in_parts(
    listed: list[Video], features_folder: Path | str, features: FeaturesParams, recipe: Recipe, size: int
) -> Iterator[CorpusVideos]:
    """Load the listed videos and their features, without queries, in parts of at most `size` videos.

    Only one part is in memory at a time. A video that has no features is left out, and so is a part of such videos
    alone. Raises PipelineError for features that are not finite or cannot be read.
    """
    form = Form.of(recipe)
    with open_sources(Path(features_folder), features, form, recipe.subtitles, queries=False) as sources:
        for start in range(0, len(listed), size):
            found = find_videos(sources, listed[start : start + size])
            if found:
                read = [read_video(sources, *video, features.normalize, form) for video in found]
                clips, frames, subtitles = map(list, zip(*read, strict=True))
                times = [clip_times_of(sources, *video, form) for video in found]
                yield CorpusVideos(
                    video_ids=[video.video_id for video, _ in found],
                    durations=torch.tensor([video.used_seconds for video, _ in found], dtype=torch.float64),
                    times=ClipTimes(*map(torch.stack, zip(*times, strict=True))),
                    videos=video_rows(clips, frames, subtitles),
                )


def most_rows(manifest_folder: Path, features_folder: Path, features: FeaturesParams, recipe: Recipe) -> int:
    """Return how many feature rows the longest video of the manifest has; 0 where no video has features."""
    listed = read_videos(manifest_folder / "videos.jsonl")
    with open_sources(features_folder, features, Form.of(recipe), recipe.subtitles, queries=False) as sources:
        return max((rows for _, rows in find_videos(sources, listed)), default=0)


def _nothing_usable(split: str, what: str, listed: int, folder: Path) -> PipelineError:
    return PipelineError(
        f"no {what} of the {split} split has features ({listed} in the manifest)",
        where=folder,
        fix="look at the failures in the .json files beside the features, and at `refused` in prepare.json",
    )


def max_query_tokens(features_folder: Path | str) -> int:
    """Read from the file of query features how many tokens a query can have at most, with the two special tokens."""
    with FeatureFile(Path(features_folder) / "query.h5") as file:
        return int(file.provenance["max_tokens"])
