"""One video and one stream: check the file, decode, encode, keep the result in the store.

Test: tests/extraction/test_run.py.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import runtime
from pipeline.content_hash import content_sha256
from pipeline.errors import PipelineError
from pipeline.extraction.prefetch import Seconds, prefetch
from pipeline.extraction.stream import Stream
from pipeline.features.store import Entry, Store, entry_key
from pipeline.manifest import Video
from pipeline.video.decode import DECODERS, open_video
from pipeline.video.reader import Reader, VideoError


@dataclass(frozen=True)
class Failure:
    """Why a video has no features; decoder: all that tried; seconds: spent before giving up."""

    video_id: str
    stream: str
    cause: str
    decoder: str
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What became of one video: the attributes of its entry in the store, or a failure.

    decoded: False where the store had the entry; forward: seconds in the model; decoding: seconds on the other thread.
    """

    video_id: str
    attributes: dict[str, Any] | None = None
    failure: Failure | None = None
    decoded: bool = False
    forward: float = 0.0
    decoding: Seconds = field(default_factory=Seconds)


def extract(video: Video, stream: Stream, store: Store) -> Outcome:
    """Put the video's features into the store, unless a video of the same content did; see `Outcome`.

    Raises PipelineError where the model's output does not fit float16: that is no fault of the video.
    """
    started = time.perf_counter()
    key = entry_key(video.sha256, stream.recipe)
    if known := store.get(key):
        return Outcome(video.video_id, dict(known.attributes))
    decoding = Seconds()
    causes: dict[str, str] = {}
    try:
        path = _unchanged_file(video)
    except VideoError as error:
        return _failed(video, stream, one_line(error), causes, started, decoding)
    for decoder in DECODERS:
        try:
            with open_video(path, stream.short_side, decoder, stream.decode) as reader:
                rows, forward = _encode(reader, stream, decoding)
        except VideoError as error:
            causes[decoder] = one_line(error)
            continue
        attributes = {
            "clips": len(rows),
            "duration": round(reader.timeline.end, 3),
            "fps": reader.timeline.average_fps,
            "decoder": decoder,
            "libraries": {name: version(name) for name in stream.libraries},
        }
        store.put(key, Entry({"rows": _half(rows, video.video_id)}, attributes))
        return Outcome(video.video_id, attributes, None, True, forward, decoding)
    return _failed(video, stream, _all_of(causes), causes, started, decoding)


def _all_of(causes: dict[str, str]) -> str:
    """What each decoder said, or what all of them did."""
    if len(set(causes.values())) == 1:
        return next(iter(causes.values()))
    return "; ".join(f"{decoder}: {cause}" for decoder, cause in causes.items())


def _failed(
    video: Video, stream: Stream, cause: str, tried: Iterable[str], started: float, decoding: Seconds
) -> Outcome:
    seconds = round(time.perf_counter() - started, 3)
    failure = Failure(video.video_id, stream.name, cause, ", ".join(tried), seconds)
    return Outcome(video.video_id, failure=failure, decoding=decoding)


def one_line(error: PipelineError) -> str:
    """Cause and remedy without the file's name, which the ledger need not repeat."""
    return " ".join(f"{error.cause}; {error.fix}".split()) if error.fix else " ".join(error.cause.split())


def _unchanged_file(video: Video) -> Path:
    path = runtime.resolve(video.path)
    try:
        found = content_sha256(path)
    except FileNotFoundError:
        rendered = path.is_relative_to(runtime.project_root() / "data" / "rendered")
        fix = "run `dvc repro --force prepare`" if rendered else "restore it, or take the video out of the data set"
        raise VideoError(f"the file {path} does not exist", where=path, fix=fix) from None
    except OSError as error:
        raise VideoError(f"the file {path} cannot be read: {error.strerror}", where=path) from None
    if found != video.sha256:
        raise VideoError("the file has changed since prepare ran", where=path, fix="run `dvc repro`")
    return path


def _encode(reader: Reader, stream: Stream, decoding: Seconds) -> tuple[np.ndarray, float]:
    """(T, D) float32 rows of the open video, and the seconds spent in the model."""
    plan = stream.plan(reader.timeline)
    rows, forward = [], 0.0
    with closing(prefetch(_batches(reader, stream, plan), decoding)) as batches:
        for batch in batches:
            started = time.perf_counter()
            rows.append(stream.encode(batch))
            forward += time.perf_counter() - started
    return stream.pool(np.concatenate(rows), [len(indices) for indices in plan]), forward


def _batches(reader: Reader, stream: Stream, plan: list[np.ndarray]) -> Iterator[np.ndarray]:
    units = iter(stream.units(reader.frames(chain.from_iterable(plan))))
    while batch := list(islice(units, stream.batch)):
        yield np.stack(batch)


def _half(rows: np.ndarray, video_id: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        half = rows.astype(np.float16)
    if not np.isfinite(half).all():
        raise PipelineError(
            "the model gives features that do not fit float16", where=video_id, fix="check the weights of this stream"
        )
    return half
