"""Finds the videos and queries of a split that have features, and writes their arrays, video by video.

Test: tests/corpus/test_corpus.py.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.core import runtime
from pipeline.core.clock import clip_count
from pipeline.core.manifest import Query, Video
from pipeline.corpus.arrays import ArrayWriter
from pipeline.corpus.clip_times import ClipTimes, clip_times, row_times
from pipeline.corpus.params import FeaturesParams
from pipeline.corpus.queries import as_read
from pipeline.corpus.sampling import at_most, fixed_length, l2_normalize
from pipeline.corpus.sources import Form, Sources, length_of, rows_of

VIDEOS_AT_ONCE, QUERIES_AT_ONCE = 16, 256
MOST_THREADS = 8


@dataclass(frozen=True)
class Split:
    """The videos and queries of a split that have features.

    videos: each with the number of its rows within what the data set uses of it. queries: each with the number of its
    tokens.
    """

    videos: list[tuple[Video, int]]
    queries: list[tuple[Query, int]]


def find_split(sources: Sources, listed: list[Video], asked: list[Query]) -> Split:
    """Find the videos and queries that have features; `listed` and `asked` are those of the manifest.

    Only the shapes of the features are read. A query of a video without features is left out too.
    """
    videos = find_videos(sources, listed)
    there = {video.video_id for video, _ in videos}
    tokens = [(query, length_of(sources.query_file, query.query_id)) for query in asked if query.video_id in there]
    return Split(videos, [(query, count) for query, count in tokens if count])


def find_videos(sources: Sources, listed: list[Video]) -> list[tuple[Video, int]]:
    """Find the videos that have features in every visual stream, each with the number of its rows that are used."""
    clip_seconds = sources.visual[0].provenance.get("clip_seconds")
    videos = []
    for video in listed:
        rows = min(length_of(file, video.video_id) for file in sources.visual)
        if clip_seconds:
            rows = min(rows, clip_count(video.used_seconds, clip_seconds))
        if rows:
            videos.append((video, rows))
    return videos


def read_video(
    sources: Sources, video: Video, length: int, normalize: str, form: Form
) -> tuple[Tensor, Tensor, Tensor]:
    """Read the first `length` rows of a video's streams, and make its clips, frame rows and subtitles of them.

    Returns clips (N, D_v), N = 0 where the form has its own pace, frame rows (n, D_v), n = 0 where the form asks for
    none, and their subtitles (n, D_s), which are zeros where the video has none. normalize: `features.normalize`.
    Raises PipelineError for features that are not finite or cannot be read.
    """
    streams = [rows_of(file, video.video_id)[:length] for file in sources.visual]
    if form.own_pace:
        frames = _joined([_frame_rows(rows, form) for rows in streams], normalize)
        clips = frames[:0]
    else:
        clips = _joined([fixed_length(rows, form.clips) for rows in streams], normalize)
        frames = _joined([_frame_rows(rows, form) for rows in streams], normalize) if form.frames else clips[:0]
    subtitle = frames.new_zeros(len(frames), sources.subtitle_size)
    if form.frames and sources.subtitle and length_of(sources.subtitle, video.video_id):
        rows = _of_length(rows_of(sources.subtitle, video.video_id), length)
        subtitle = _joined([_frame_rows(rows, form)], normalize)
    return clips, frames, subtitle


def _frame_rows(rows: Tensor, form: Form) -> Tensor:
    """Make the frame rows (n, D) of rows (T, D): the first ones as they are, or averages where there are too many."""
    return rows[: form.frames] if form.own_pace else at_most(rows, form.frames)


def clip_times_of(sources: Sources, video: Video, length: int, form: Form) -> ClipTimes:
    """Compute when the clips of a video with `length` rows are, as ClipTimes without the axis V."""
    # Nothing says how long a row of a feature pack is: all of them cover the video evenly.
    row_seconds = sources.visual[0].provenance.get("clip_seconds") or video.used_seconds / length
    times = row_times if form.own_pace else clip_times
    return times(length, form.clips, row_seconds, video.used_seconds)


class SplitWriter:
    """Writes the arrays of a split, which must have at least one video and one query.

    They have the names and shapes of the fields of Corpus, VideoRows and ClipTimes. Two more, `video` and `asked`, hold
    the positions of the split's videos and queries in the manifest's lists `listed` and `asked`; a third, `rows`, holds
    how many rows each video has before any are cut off or averaged.
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
            "counts": torch.tensor(self._counts),
            "rows": torch.tensor([rows for _, rows in split.videos]),
            "labels": torch.tensor([of_video[query.video_id] for query, _ in split.queries]),
        }
        videos, queries = len(split.videos), len(split.queries)
        size = sum(file.shape(split.videos[0][0].video_id)[1] for file in sources.visual)
        tokens = 1 if form.query_form == "sentence" else max(count for _, count in split.queries)
        self._shapes = {
            "clips": (videos, 0 if form.own_pace else form.clips, size),
            "frames": (self._first[-1] + 1, size),
            "subtitle": (self._first[-1] + 1, sources.subtitle_size),
            "query": (queries, tokens, sources.query_file.shape(split.queries[0][0].query_id)[1]),
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
        for place in part:
            video = self._split.videos[place]
            clips, frames, subtitle = read_video(self._sources, *video, self._normalize, self._form)
            arrays["clips"].write((place,), clips)
            if len(frames):
                arrays["frames"].write((self._first[place],), frames)
            if subtitle.any():  # what is not written is 0
                arrays["subtitle"].write((self._first[place],), subtitle)

    def _write_queries(self, arrays: dict[str, ArrayWriter], part: range) -> None:
        queries = self._split.queries[part.start : part.stop]
        read = rows_of(self._sources.query_file, *(query.query_id for query, _ in queries))
        tokens = read.split([count for _, count in queries])
        for place, rows in zip(part, tokens, strict=True):
            arrays["query"].write((place, 0), as_read(rows, self._form.query_form))

    def _times(self) -> dict[str, Tensor]:
        times = [clip_times_of(self._sources, *video, self._form) for video in self._split.videos]
        spans, borders = map(torch.stack, zip(*times, strict=True))
        return {"spans": spans, "borders": borders}

    def _query_mask(self) -> Tensor:
        queries, longest, _ = self._shapes["query"]
        counts = torch.tensor([min(count, longest) for _, count in self._split.queries])
        return torch.arange(longest) < counts[:, None]


def _joined(averaged: list[Tensor], normalize: str) -> Tensor:
    """Concatenate the averaged streams of one video, each (N, D) float64, and normalise -> (N, sum of D) float32."""
    if normalize == "stream":
        averaged = [l2_normalize(rows) for rows in averaged]
    joined = torch.cat(averaged, dim=1)
    return (l2_normalize(joined) if normalize == "joint" else joined).float()


def _of_length(rows: Tensor, length: int) -> Tensor:
    """Cut rows to `length` of them, or add zeros -> (length, D)."""
    return torch.nn.functional.pad(rows[:length], (0, 0, 0, max(0, length - len(rows))))


def _places(listed: list[str], there: list[str] | dict[str, int]) -> Tensor:
    """Find the positions in `listed` of the ids that are `there`, in the order of the list."""
    wanted = set(there)
    return torch.tensor([place for place, id in enumerate(listed) if id in wanted])


def _parts(count: int, size: int) -> list[range]:
    return [range(start, min(start + size, count)) for start in range(0, count, size)]
