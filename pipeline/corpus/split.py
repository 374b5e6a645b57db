"""The features of one split: which videos and queries have any, and their arrays, written video by video.

Test: tests/corpus/test_corpus.py.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.core import runtime
from pipeline.core.clock import clip_count
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Query, Video
from pipeline.corpus.arrays import ArrayWriter
from pipeline.corpus.clip_times import clip_times
from pipeline.corpus.params import FeaturesParams
from pipeline.corpus.sampling import at_most, fixed_length, l2_normalize
from pipeline.feature_io.hdf5 import FeatureFile

VIDEOS_AT_ONCE, QUERIES_AT_ONCE = 16, 256
MOST_THREADS = 8


class Form(NamedTuple):
    """What of a recipe decides the tensors.

    clips (N) a video; frames: the most rows a video, 0 for none; query_form: `token`, or `sentence` for the mean of the
    normalised tokens; modalities: with `subtitle`, that stream is no part of the clips' vectors.
    """

    clips: int
    frames: int
    query_form: str
    modalities: tuple[str, ...]


@dataclass(frozen=True)
class Sources:
    """The open feature files of a split: the streams of a clip's vector, subtitles apart from them, and queries."""

    visual: list[FeatureFile]
    subtitle: FeatureFile | None
    query: FeatureFile

    @property
    def files(self) -> list[FeatureFile]:
        """All of them."""
        return [*self.visual, *([self.subtitle] if self.subtitle else []), self.query]


@contextmanager
def open_sources(folder: Path, features: FeaturesParams, form: Form) -> Iterator[Sources]:
    """The files below `folder`; raises PipelineError for one that is missing, and where no visual stream is named."""
    apart = "subtitle" in form.modalities
    visual = [stream for stream in features.streams if not (apart and stream == "subtitle")]
    if not visual:
        raise PipelineError(
            "the model takes subtitles apart from what is seen, and `features.streams` names nothing that is seen",
            where="params.yaml",
            fix="name a visual stream beside subtitle, or set features.streams to auto",
        )
    with ExitStack() as stack:

        def opened(stream: str) -> FeatureFile:
            return stack.enter_context(FeatureFile(folder / f"{stream}.h5"))

        subtitle = opened("subtitle") if apart and "subtitle" in features.streams else None
        yield Sources([opened(stream) for stream in visual], subtitle, opened("query"))


@dataclass(frozen=True)
class Split:
    """What of a split has features. videos: each with the number of its rows, those after what is used of it left out;
    queries: each with the number of its tokens.
    """

    videos: list[tuple[Video, int]]
    queries: list[tuple[Query, int]]


def find_split(sources: Sources, listed: list[Video], asked: list[Query]) -> Split:
    """Of the videos and queries of the manifest those that have features; nothing but their shapes is read."""
    clip_seconds = sources.visual[0].recipe.get("clip_seconds")
    videos = []
    for video in listed:
        rows = min(_length(file, video.video_id) for file in sources.visual)
        if clip_seconds:
            rows = min(rows, clip_count(video.used_seconds, clip_seconds))
        if rows:
            videos.append((video, rows))
    there = {video.video_id for video, _ in videos}
    tokens = [(query, _length(sources.query, query.query_id)) for query in asked if query.video_id in there]
    return Split(videos, [(query, count) for query, count in tokens if count])


class SplitWriter:
    """Writes the arrays of a split that has videos and queries; see Corpus for what they hold.

    `video` and `asked` are the places of the split's videos and queries in the manifest's lists `listed` and `asked`.
    """

    def __init__(
        self,
        sources: Sources,
        split: Split,
        listed: list[Video],
        asked: list[Query],
        features: FeaturesParams,
        form: Form,
    ):
        self._sources, self._split, self._normalize, self._form = sources, split, features.normalize, form
        self._counts = [min(rows, form.frames) for _, rows in split.videos]
        self._first = [0, *accumulate(self._counts)]
        of_video = {video.video_id: place for place, (video, _) in enumerate(split.videos)}
        self._small = {
            "video": _places([video.video_id for video in listed], of_video),
            "asked": _places([query.query_id for query in asked], [query.query_id for query, _ in split.queries]),
            "first": torch.tensor(self._first[:-1]),
            "count": torch.tensor(self._counts),
            "labels": torch.tensor([of_video[query.video_id] for query, _ in split.queries]),
        }
        videos, queries = len(split.videos), len(split.queries)
        size = sum(file.shape(split.videos[0][0].video_id)[1] for file in sources.visual)
        tokens = 1 if form.query_form == "sentence" else max(count for _, count in split.queries)
        self._shapes = {
            "clips": (videos, form.clips, size),
            "frames": (self._first[-1] + 1, size),
            "subtitle": (videos, form.clips, _size_of(sources.subtitle)),
            "query": (queries, tokens, sources.query.shape(split.queries[0][0].query_id)[1]),
        }

    @property
    def size(self) -> int:
        """About how many bytes will be written."""
        return sum(4 * int(np.prod(shape)) for shape in self._shapes.values())

    def write(self, folder: Path) -> None:
        """Write the arrays to the folder. Raises PipelineError for features that are not finite or cannot be read."""
        for name, values in (self._small | self._times() | {"query_mask": self._query_mask()}).items():
            with ArrayWriter(folder / f"{name}.npy", tuple(values.shape), values.numpy().dtype) as array:
                array.write((0,), values)
        with ExitStack() as stack:
            arrays = {
                name: stack.enter_context(ArrayWriter(folder / f"{name}.npy", shape, np.float32))
                for name, shape in self._shapes.items()
            }
            # Threads of our own: the steps of one video are too short to be cut among torch's.
            pool = stack.enter_context(ThreadPoolExecutor(min(torch.get_num_threads(), MOST_THREADS)))
            stack.enter_context(runtime.threads(1))
            videos = _parts(len(self._split.videos), VIDEOS_AT_ONCE)
            queries = _parts(len(self._split.queries), QUERIES_AT_ONCE)
            written = [pool.submit(self._write_videos, arrays, part) for part in videos]
            written += [pool.submit(self._write_queries, arrays, part) for part in queries]
            try:
                for part in written:
                    part.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _write_videos(self, arrays: dict[str, ArrayWriter], part: range) -> None:
        clips, sources = self._form.clips, self._sources
        for place in part:
            video, length = self._split.videos[place]
            streams = [_rows(file, video.video_id)[:length] for file in sources.visual]
            arrays["clips"].write((place,), self._joined([fixed_length(rows, clips) for rows in streams]))
            if self._form.frames:
                frames = [at_most(rows, self._form.frames) for rows in streams]
                arrays["frames"].write((self._first[place],), self._joined(frames))
            if sources.subtitle and _length(sources.subtitle, video.video_id):
                rows = _of_length(_rows(sources.subtitle, video.video_id), length)
                arrays["subtitle"].write((place,), self._joined([fixed_length(rows, clips)]))

    def _write_queries(self, arrays: dict[str, ArrayWriter], part: range) -> None:
        read = [_rows(self._sources.query, query.query_id) for query, _ in self._split.queries[part.start : part.stop]]
        tokens = l2_normalize(torch.cat(read)).split([len(rows) for rows in read])
        for place, rows in zip(part, tokens, strict=True):
            if self._form.query_form == "sentence":
                rows = rows.mean(dim=0, keepdim=True)
            arrays["query"].write((place, 0), rows.float())

    def _joined(self, averaged: list[Tensor]) -> Tensor:
        """Averaged streams (N, D_s) float64 of one video -> (N, sum of D_s) float32, normalised."""
        if self._normalize == "stream":
            averaged = [l2_normalize(rows) for rows in averaged]
        joined = torch.cat(averaged, dim=1)
        return (l2_normalize(joined) if self._normalize == "joint" else joined).float()

    def _times(self) -> dict[str, Tensor]:
        clip_seconds = self._sources.visual[0].recipe.get("clip_seconds")
        # Nothing says how long a row of a feature pack is: all of them cover the video evenly.
        times = [
            clip_times(rows, self._form.clips, clip_seconds or video.used_seconds / rows, video.used_seconds)
            for video, rows in self._split.videos
        ]
        spans, borders = map(torch.stack, zip(*times, strict=True))
        return {"spans": spans, "borders": borders}

    def _query_mask(self) -> Tensor:
        queries, longest, _ = self._shapes["query"]
        counts = torch.tensor([min(count, longest) for _, count in self._split.queries])
        return torch.arange(longest) < counts[:, None]


def _length(file: FeatureFile, id: str) -> int:
    return file.shape(id)[0] if id in file else 0


def _size_of(file: FeatureFile | None) -> int:
    """The size of a row, 0 where there are none."""
    ids = file.ids() if file else []
    return file.shape(ids[0])[1] if file and ids else 0


def _rows(file: FeatureFile, id: str) -> Tensor:
    """(T, D) float64 rows of one id."""
    try:
        rows = torch.from_numpy(file[id]).double()
    except OSError as error:
        raise _bad(file, id, f"cannot be read ({error})") from None
    if not rows.sum().isfinite():
        raise _bad(file, id, "hold values that are not finite")
    return rows


def _bad(file: FeatureFile, id: str, what: str) -> PipelineError:
    return PipelineError(
        f"the features of {id!r} {what}",
        where=file.path,
        fix="remove the file and its entries in the store, then run `dvc repro`",
    )


def _of_length(rows: Tensor, length: int) -> Tensor:
    """The first rows (length, D), zeros where there are no more."""
    return torch.nn.functional.pad(rows[:length], (0, 0, 0, max(0, length - len(rows))))


def _places(listed: list[str], there: list[str] | dict[str, int]) -> Tensor:
    """Where in `listed` those are that are `there`, in the order of the list."""
    wanted = set(there)
    return torch.tensor([place for place, id in enumerate(listed) if id in wanted])


def _parts(count: int, size: int) -> list[range]:
    return [range(start, min(start + size, count)) for start in range(0, count, size)]
