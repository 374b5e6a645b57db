"""A stream's features for a whole corpus: plan what is missing, extract it, pack everything, report.

The feature file is packed from the store in the order of video ids, so its bytes depend neither on the order of
extraction nor on interruptions or earlier runs. Test: tests/extraction/test_run.py.
"""

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from pipeline import runtime
from pipeline.errors import PipelineError
from pipeline.extraction.executor import serial
from pipeline.extraction.extract import Failure, extract
from pipeline.extraction.progress import Progress
from pipeline.extraction.stream import Stream
from pipeline.features.hdf5 import Packed, pack
from pipeline.features.store import Store, entry_key
from pipeline.files import write_json
from pipeline.manifest import Video


def run(stream: Stream, videos: list[Video], folder: Path, max_failed_fraction: float) -> dict[str, Any]:
    """Write `folder`/<stream>.h5 and <stream>.json and return the content of the latter.

    Raises PipelineError naming the failed videos where more than `max_failed_fraction` of all failed; then only the
    .json is written, and what was extracted stays in the store.
    """
    store = Store(runtime.store_root(), stream.name)
    videos = sorted(videos, key=lambda video: video.video_id)
    known: dict[str, dict[str, Any]] = {}
    failures: list[Failure] = []
    for video in videos:
        if entry := store.get(entry_key(video.sha256, stream.recipe)):
            known[video.video_id] = dict(entry.attributes)
    missing = [video for video in videos if video.video_id not in known]

    with Progress(stream.name, missing) as progress:
        for outcome in serial(partial(extract, stream=stream, store=store), missing):
            progress.add(outcome)
            if outcome.failure:
                failures.append(outcome.failure)
            else:
                known[outcome.video_id] = outcome.attributes
    failures.sort(key=lambda failure: failure.video_id)

    too_many = len(failures) > max_failed_fraction * len(videos)
    if not too_many:
        packing = time.perf_counter()
        libraries = _libraries(known.values())
        items = _packed(stream, store, [video for video in videos if video.video_id in known])
        pack(folder / f"{stream.name}.h5", items, stream.recipe, {"libraries": libraries})
        progress.packing = time.perf_counter() - packing
    metrics = progress.metrics(stream, known, failures)
    write_json(folder / f"{stream.name}.json", metrics)
    print(progress.summary(metrics), file=sys.stderr)
    if too_many:
        raise _too_many(stream.name, failures, len(videos), max_failed_fraction)
    return metrics


def _packed(stream: Stream, store: Store, videos: list[Video]) -> Iterator[Packed]:
    for video in videos:
        entry = store.get(entry_key(video.sha256, stream.recipe))
        if entry is None:
            raise PipelineError(
                f"the store entry of {video.video_id} vanished during the run", where=store.folder, fix="run again"
            )
        attributes = {name: value for name, value in entry.attributes.items() if name != "libraries"}
        yield Packed(video.video_id, entry.arrays["rows"], {**attributes, "sha256": video.sha256})


def _libraries(attributes) -> dict[str, list[str]]:
    """Every library version that took part; several where entries of an older environment were reused."""
    versions: dict[str, set[str]] = {}
    for entry in attributes:
        for name, number in entry["libraries"].items():
            versions.setdefault(name, set()).add(number)
    return {name: sorted(versions[name]) for name in sorted(versions)}


def _too_many(stream: str, failures: list[Failure], videos: int, allowed: float) -> PipelineError:
    named = "".join(f"\n    {failure.video_id}: {failure.cause}" for failure in failures[:20])
    more = f"\n    and {len(failures) - 20} more" if len(failures) > 20 else ""
    return PipelineError(
        f"{len(failures)} of {videos} videos failed, more than `{stream}.max_failed_fraction: {allowed}` allows:"
        f"{named}{more}",
        where=stream,
        fix="replace or remove these files, or raise that parameter to go on without them; "
        "what was extracted is kept, and the next run takes only the rest",
    )
