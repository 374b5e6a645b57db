"""Extract one stream's features for a whole corpus: find what is missing, extract it, write the feature file, report.

The feature file is written from the store in the order of video ids. Its bytes therefore depend neither on the order
of extraction nor on interruptions or earlier runs. Test: tests/extraction/test_run.py.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.core import runtime
from pipeline.core.accepted import NAME, accepted_share, share_that_accepts
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_json
from pipeline.core.grouped import told_groups
from pipeline.core.manifest import Video
from pipeline.core.progress import watched
from pipeline.extraction.executor import outcomes
from pipeline.extraction.extract import Failure
from pipeline.extraction.progress import ExtractionProgress
from pipeline.extraction.stream import Stream
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.feature_io.store import Store, entry_key


class _Damaged(Exception):
    """Some entries of the store no longer hold the arrays that were written."""

    def __init__(self, videos: list[Video]):
        self.videos = videos
        super().__init__(", ".join(video.video_id for video in videos))


def run(stream: Stream, videos: list[Video], folder: Path, accepted: float | None = None) -> dict[str, Any]:
    """Write `folder`/<stream>.h5 and `folder`/<stream>.json, and return the content of the latter.

    A video is extracted where the store has no entry for it. Writing the feature file checks the entries' arrays, and
    a video whose entry is damaged is extracted again.

    accepted: the share of the videos that may fail; None: what params.yaml says when the last video is done.

    Raises PipelineError where more of the videos failed, and names them. Only the .json is written then, and what was
    extracted stays in the store. Raises PipelineError, too, where the store cannot be written to.
    """
    store = Store(runtime.store_root(), stream.name)
    store.remove_abandoned()
    videos = sorted(videos, key=lambda video: video.video_id)
    entries = {video.video_id: store.attributes(entry_key(video.sha256, stream.provenance)) for video in videos}
    known = {video_id: attributes for video_id, attributes in entries.items() if attributes is not None}
    failures: list[Failure] = []
    missing = [video for video in videos if video.video_id not in known]
    if missing:
        store.check_writable()
    allowed = accepted_share if accepted is None else lambda: accepted
    progress = ExtractionProgress(stream, store, videos, missing, allowed())
    damaged: list[Video] = []

    while True:
        with progress, closing(outcomes(damaged or missing, stream, store)) as done:
            for outcome in done:
                progress.add(outcome)
                if outcome.failure:
                    failures.append(outcome.failure)
                else:
                    assert outcome.attributes is not None
                    known[outcome.video_id] = outcome.attributes
        too_many = bool(failures) and len(failures) > allowed() * len(videos)
        if too_many:
            break
        started = time.perf_counter()
        try:
            items = _items(stream, store, [video for video in videos if video.video_id in known])
            libraries = {"libraries": _libraries(known.values())}
            write_features(folder / f"{stream.name}.h5", items, stream.provenance, libraries)
            break
        except _Damaged as damage:
            if damaged:
                raise _unsound_disk(store, damage) from None
            damaged = damage.videos
            progress.again(damaged)
            for video in damaged:
                del known[video.video_id]
        finally:
            progress.writing += time.perf_counter() - started

    failures.sort(key=lambda failure: failure.video_id)
    metrics = progress.metrics(known, failures)
    write_json(folder / f"{stream.name}.json", metrics)
    print(progress.summary(metrics), file=sys.stderr)
    if too_many:
        raise _too_many(stream.name, failures, len(videos), allowed())
    for line in _named(failures):
        print(line, file=sys.stderr)
    return metrics


def _items(stream: Stream, store: Store, videos: list[Video]) -> Iterator[Item]:
    """Yield the item of each video; raises _Damaged with all videos whose entries cannot be read back."""
    damaged = []
    for video in watched(videos, f"writing {stream.name}.h5", "video"):
        entry = store.get(entry_key(video.sha256, stream.provenance))
        if entry is None:
            damaged.append(video)
        elif not damaged:
            yield Item(video.video_id, entry.arrays["rows"], {**entry.attributes, "sha256": video.sha256})
    if damaged:
        raise _Damaged(damaged)


def _unsound_disk(store: Store, damage: _Damaged) -> PipelineError:
    return PipelineError(
        f"entries were extracted anew and still cannot be read back: {damage}",
        where=store.folder,
        fix="check this disk, or let AMDNET_STORE name a folder on another",
    )


def _libraries(attributes) -> dict[str, list[str]]:
    """Return the versions of each library that took part: several where older entries of the store were reused."""
    versions: dict[str, set[str]] = {}
    for entry in attributes:
        for name, number in entry["libraries"].items():
            versions.setdefault(name, set()).add(number)
    return {name: sorted(versions[name]) for name in sorted(versions)}


def _too_many(stream: str, failures: list[Failure], videos: int, allowed: float) -> PipelineError:
    return PipelineError(
        "\n".join(
            [f"{len(failures)} of {videos} videos failed, more than `{NAME}: {allowed:g}` accepts:", *_named(failures)]
        ),
        where=stream,
        fix=f"replace or remove these files, or set {NAME} to {share_that_accepts(len(failures), videos):g} in "
        "params.yaml to go on without them; what was extracted is kept, and the next run takes only the rest",
    )


def _named(failures: list[Failure]) -> list[str]:
    """Return a line for each cause: how many videos failed for it, and which."""
    return told_groups((failure.video_id, failure.cause) for failure in failures)
