"""Extract the features of one video for one stream: check the file, decode it, encode it, put the rows into the store.

Test: tests/extraction/test_run.py.
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import chain, compress, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.backbones.common.encoder import batch_of
from pipeline.core import runtime
from pipeline.core.content_hash import content_sha256
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Video
from pipeline.extraction.stream import Stream
from pipeline.feature_io.store import Entry, Store, entry_key
from pipeline.video.decode import once_more_if_killed, open_video, packages
from pipeline.video.params import Decoder
from pipeline.video.reader import DecoderKilled, FrameSource, Timeline, TooLarge, VideoError


@dataclass(frozen=True)
class Failure:
    """Why a video has no features. `decoder` names all decoders that tried; `seconds` were spent before giving up."""

    video_id: str
    stream: str
    cause: str
    decoder: str
    seconds: float


@dataclass
class Seconds:
    """Wall-clock seconds that one video spent in decoding and in the model."""

    decode: float = 0.0
    forward: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of one video: either the attributes of its entry in the store, or a failure.

    `decoded` is False where the store already had the entry.
    """

    video_id: str
    attributes: dict[str, Any] | None = None
    failure: Failure | None = None
    decoded: bool = False
    seconds: Seconds = field(default_factory=Seconds)


def extract(video: Video, stream: Stream, store: Store, model: Executor) -> Outcome:
    """Put the video's features into the store, unless it already has those of a video with the same content.

    model: an executor of one thread, on which the stream's model is called.

    A video that cannot be read gives a failure, and so does one whose decoder something else ends twice: which decoder
    an entry is from follows from the file and the parameters alone. Raises PipelineError where the model's output does
    not fit float16, because that is no fault of the video.
    """
    started = time.perf_counter()
    key = entry_key(video.sha256, stream.provenance)
    if known := store.get(key):
        return Outcome(video.video_id, dict(known.attributes))
    seconds = Seconds()
    causes: dict[str, str] = {}
    try:
        path = _unchanged_file(video)
    except VideoError as error:
        return _failed(video, stream, one_line(error), causes, started, seconds)
    due = list(stream.decode.order)
    for decoder in due:
        read = partial(_read, path, video, stream, model, seconds, decoder, in_parts=decoder in causes)
        try:
            rows, timeline, libavcodec = once_more_if_killed(read)
        except DecoderKilled as error:  # another decoder might give other features
            causes[decoder] = one_line(error)
            break
        except VideoError as error:
            if isinstance(error, TooLarge):
                due.append(decoder)
            causes[decoder] = one_line(error)
            continue
        attributes = {
            "clips": len(rows),
            "duration": round(timeline.end, 3),
            "fps": timeline.average_fps,
            "decoder": decoder,
            "device": runtime.device().type,
            "libraries": {
                **{name: version(name) for name in {*stream.libraries, *packages(stream.decode.order)}},
                f"libavcodec of {decoder}": libavcodec,
            },
        }
        store.put(key, Entry({"rows": _half(rows, video.video_id)}, attributes))
        return Outcome(video.video_id, attributes, None, True, seconds)
    return _failed(video, stream, _all_of(causes), causes, started, seconds)


def _read(
    path: Path, video: Video, stream: Stream, model: Executor, seconds: Seconds, decoder: Decoder, in_parts: bool
) -> tuple[np.ndarray, Timeline, str]:
    """Return the video's rows (T, D) float32, its times, and the version of libavcodec, as the decoder gives them."""
    with open_video(
        path, stream.short_side, decoder, stream.decode, video.duration, stream.scaling, in_parts
    ) as reader:
        return _encode(reader, stream, model, seconds), reader.timeline, reader.libavcodec


def _all_of(causes: dict[str, str]) -> str:
    """Return the cause that each decoder gave, or the cause alone where all gave the same."""
    if len(set(causes.values())) == 1:
        return next(iter(causes.values()))
    return "; ".join(f"{decoder}: {cause}" for decoder, cause in causes.items())


def _failed(
    video: Video, stream: Stream, cause: str, tried: Iterable[str], started: float, seconds: Seconds
) -> Outcome:
    wasted = round(time.perf_counter() - started, 3)
    failure = Failure(video.video_id, stream.name, cause, ", ".join(tried), wasted)
    return Outcome(video.video_id, failure=failure, seconds=seconds)


def one_line(error: PipelineError) -> str:
    """Return an error's cause and remedy in one line, without the file's name, which the ledger has already."""
    return " ".join(f"{error.cause}; {error.fix}".split()) if error.fix else " ".join(error.cause.split())


def _unchanged_file(video: Video) -> Path:
    assert video.path is not None  # only a feature pack has videos without a file, and none of them is extracted
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
        fix = "run `dvc repro`; for a temporary experiment, check out the same data in the main checkout"
        raise VideoError("the file has changed since prepare ran", where=path, fix=fix)
    return path


def _encode(reader: FrameSource, stream: Stream, model: Executor, seconds: Seconds) -> np.ndarray:
    """Encode the open video into (T, D) float32 rows, one for each clip.

    The next batch is decoded while the model works on the present one. A clip with exactly the frames of the clip
    before it, as where a frame is held, is not encoded again: it gets the same row.
    """
    clips = stream.plan(reader.timeline)
    new = [position == 0 or not np.array_equal(clips[position - 1], clip) for position, clip in enumerate(clips)]
    plan = list(compress(clips, new))
    rows: list[Tensor] = []
    asked: Future[Tensor] | None = None
    batches = batches_of(reader, stream, plan)
    while (batch := _timed_next(batches, seconds)) is not None:
        if asked:
            rows.append(asked.result())
        asked = model.submit(_timed_encode, stream, batch, seconds)
    assert asked is not None  # a plan has one clip at least
    rows.append(asked.result())
    pooled = stream.pool(torch.cat(rows).cpu().numpy(), [len(indices) for indices in plan])
    return pooled[np.cumsum(new) - 1]


def batches_of(reader: FrameSource, stream: Stream, plan: list[np.ndarray]) -> Iterator[Tensor]:
    """Decode the planned frames of an open video and yield them as batches for the stream's model."""
    units = iter(stream.units(reader.frames(chain.from_iterable(plan))))
    while batch := list(islice(units, stream.batch)):
        yield batch_of(batch)


def _timed_next(batches: Iterator[Tensor], seconds: Seconds) -> Tensor | None:
    started = time.perf_counter()
    batch = next(batches, None)
    seconds.decode += time.perf_counter() - started
    return batch


def _timed_encode(stream: Stream, batch: Tensor, seconds: Seconds) -> Tensor:
    started = time.perf_counter()
    rows = stream.encode(batch)
    seconds.forward += time.perf_counter() - started
    return rows


def _half(rows: np.ndarray, video_id: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        half = rows.astype(np.float16)
    if not np.isfinite(half).all():
        raise PipelineError(
            "the model gives features that do not fit float16", where=video_id, fix="check the weights of this stream"
        )
    return half
