"""One split as contiguous tensors: the clips and frames of every video, the tokens of every query, each file read once.

Nothing after this touches an HDF5 file. A video or query of the manifest that has no features is left out and named in
`missing_videos` or `missing_queries`; a query of a missing video is missing too. Rows after what the data set uses of a
video are not read.
Test: tests/corpus/test_corpus.py.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.core.clock import clip_count
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Query, Video, read_queries, read_videos
from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.corpus.params import FeaturesParams
from pipeline.corpus.sampling import at_most, fixed_length, l2_normalize
from pipeline.corpus.videos import VideoRows, video_rows
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.models.common.recipe import Recipe


@dataclass(frozen=True)
class Corpus:
    """V videos and the Q queries about them, sorted by id; all tensors on the CPU.

    durations: (V,) float64, the seconds of each video that the data set uses; times: when its clips are; videos: their
    features; query: (Q, T, D_q) with zeros after each query's last token; query_mask: (Q, T) bool, true at tokens;
    labels: (Q,) int64 index of the query's video; spans: annotated start and end seconds of each query, empty where
    unknown; agreement: how many of them a prediction must match.
    """

    video_ids: list[str]
    durations: Tensor
    times: ClipTimes
    videos: VideoRows
    query_ids: list[str]
    texts: list[str]
    query: Tensor
    query_mask: Tensor
    labels: Tensor
    spans: list[tuple[tuple[float, float], ...]]
    agreement: list[int]
    missing_videos: list[str]
    missing_queries: list[str]

    def counts(self) -> dict[str, int]:
        """How many videos and queries there are, and how many of the manifest's are missing."""
        return {
            "videos": len(self.video_ids),
            "queries": len(self.query_ids),
            "missing_videos": len(self.missing_videos),
            "missing_queries": len(self.missing_queries),
        }


def load_corpus(
    manifest_folder: Path | str,
    features_folder: Path | str,
    split: str,
    features: FeaturesParams,
    recipe: Recipe,
) -> Corpus:
    """Read the split's videos and queries from the manifest and their features from the HDF5 files.

    Of the recipe are read clips (N), frames (the most rows a video, 0 for none) and query_form: `token`, or `sentence`
    for the mean of the normalised tokens (T = 1). Raises PipelineError where no video or no query has features, and for
    features that are not finite, naming file and id.
    """
    manifest_folder, features_folder = Path(manifest_folder), Path(features_folder)
    listed = [video for video in read_videos(manifest_folder / "videos.jsonl") if split in video.splits]
    asked = [query for query in read_queries(manifest_folder / "queries.jsonl") if query.split == split]

    rows = _read_videos(listed, features_folder, features, recipe)
    videos = [video for video in listed if video.video_id in rows]
    if not videos:
        raise _nothing_usable(split, "video", len(listed), features_folder)
    tokens = _read_queries([query for query in asked if query.video_id in rows], features_folder, recipe.query_form)
    queries = [query for query in asked if query.query_id in tokens]
    if not queries:
        raise _nothing_usable(split, "query", len(asked), features_folder)

    index = {video.video_id: position for position, video in enumerate(videos)}
    query, query_mask = _padded([tokens[query.query_id] for query in queries])
    clips, frames, times = map(list, zip(*(rows.pop(video_id) for video_id in index), strict=True))
    return Corpus(
        video_ids=list(index),
        durations=torch.tensor([video.used_seconds for video in videos], dtype=torch.float64),
        times=ClipTimes(*map(torch.stack, zip(*times, strict=True))),
        videos=video_rows(clips, frames),
        query_ids=[query.query_id for query in queries],
        texts=[query.text for query in queries],
        query=query,
        query_mask=query_mask,
        labels=torch.tensor([index[query.video_id] for query in queries]),
        spans=[query.spans for query in queries],
        agreement=[query.agreement for query in queries],
        missing_videos=[video.video_id for video in listed if video.video_id not in index],
        missing_queries=[query.query_id for query in asked if query.query_id not in tokens],
    )


def _read_videos(
    listed: list[Video], folder: Path, features: FeaturesParams, recipe: Recipe
) -> dict[str, tuple[Tensor, Tensor, ClipTimes]]:
    """Clips, frames and times of each video that every stream has.

    Its streams are cut to the shortest of them, and to what the data set uses of it.
    """
    read = {}
    with ExitStack() as stack:
        files = [stack.enter_context(FeatureFile(folder / f"{stream}.h5")) for stream in features.streams]
        clip_seconds = files[0].recipe.get("clip_seconds")
        for video in listed:
            streams = [_rows(file, video.video_id) for file in files]
            length, end = min(len(rows) for rows in streams), video.used_seconds
            if clip_seconds:
                length = min(length, clip_count(end, clip_seconds))
            if length:
                streams = [rows[:length] for rows in streams]
                clips = _joined([fixed_length(rows, recipe.clips) for rows in streams], features.normalize)
                frames = clips[:0]
                if recipe.frames:
                    frames = _joined([at_most(rows, recipe.frames) for rows in streams], features.normalize)
                # Nothing says how long a row of a feature pack is: all of them cover the video evenly.
                times = clip_times(length, recipe.clips, clip_seconds or end / length, end)
                read[video.video_id] = clips, frames, times
    return read


def _joined(averaged: list[Tensor], normalize: str) -> Tensor:
    """Averaged streams (N, D_s) float64 of one video -> (N, sum of D_s) float32, normalised."""
    if normalize == "stream":
        averaged = [l2_normalize(rows) for rows in averaged]
    joined = torch.cat(averaged, dim=1)
    return (l2_normalize(joined) if normalize == "joint" else joined).float()


def _read_queries(queries: list[Query], folder: Path, query_form: str) -> dict[str, Tensor]:
    """(T, D_q) a query that has tokens, (1, D_q) in the sentence form."""
    read = {}
    with FeatureFile(folder / "query.h5") as file:
        for query in queries:
            rows = _rows(file, query.query_id)
            if len(rows):
                tokens = l2_normalize(rows)
                tokens = tokens.mean(dim=0, keepdim=True) if query_form == "sentence" else tokens
                read[query.query_id] = tokens.float()
    return read


def _rows(file: FeatureFile, id: str) -> Tensor:
    """(T, D) float64 rows of one id; no rows where the file does not have it."""
    rows = torch.from_numpy(file[id].astype(np.float64)) if id in file else torch.empty(0, 0, dtype=torch.float64)
    if not torch.isfinite(rows).all():
        raise PipelineError(
            f"the features of {id!r} hold values that are not finite",
            where=file.path,
            fix="remove the file and its entries in the store, then run `dvc repro`",
        )
    return rows


def _padded(rows: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Q tensors (T_q, D) -> (Q, T, D) padded with zeros, and the mask (Q, T) of what is not padding."""
    lengths = torch.tensor([len(row) for row in rows])
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), torch.arange(int(lengths.max())) < lengths[:, None]


def _nothing_usable(split: str, what: str, listed: int, folder: Path) -> PipelineError:
    return PipelineError(
        f"no {what} of the {split} split has features ({listed} in the manifest)",
        where=folder,
        fix="look at the failures in the .json files beside the features, and at `refused` in prepare.json",
    )


def max_query_tokens(features_folder: Path | str) -> int:
    """The most tokens a query can have, the two specials included: what the query file was extracted with."""
    with FeatureFile(Path(features_folder) / "query.h5") as file:
        return int(file.recipe["max_tokens"])
