"""Imports features from a pack into the project's own feature files, without changing a value.

One video or query is in memory at a time. Rows keep the pack's precision, float16 or float32.
Test: tests/packs/test_stages.py.
"""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.core.manifest import Query, Video
from pipeline.core.progress import watched
from pipeline.feature_io.cuts import Cuts
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.packs.description import FeatureSet, Pack
from pipeline.packs.rows import Rows, open_rows, read_rows


def import_videos(published: Pack, videos: list[Video], path: Path | str) -> dict[str, Any]:
    """Write the feature file of `videos`, dataset video_id -> (T, D), and return the stage's metrics.

    Raises PipelineError where the pack is not what `prepare` has read.
    """
    begin, clips = time.perf_counter(), 0
    provenance = _provenance("pack", published, published.video)

    def datasets() -> Iterator[Item]:
        nonlocal clips
        with open_rows(published.unchanged(published.video)) as source:
            for video in watched(sorted(videos, key=lambda v: v.video_id), "pack", "video"):
                rows = _rows(source, video.video_id)
                clips += len(rows)
                attributes = {"T": len(rows), "duration": video.duration, "sha256": video.sha256}
                yield Item(video.video_id, rows, attributes)

    write_features(path, datasets(), provenance, dtype=published.video.dtype)
    return {
        "videos": len(videos),
        "clips": clips,
        "imported": len(videos),
        "seconds": round(time.perf_counter() - begin, 3),
        "weights": provenance["weights"],
        "recipe": provenance,
    }


def import_queries(published: Pack, queries: list[Query], max_tokens: int, path: Path | str) -> dict[str, Any]:
    """Write the feature file of `queries`, dataset query_id -> (W, D), W <= max_tokens, and return the stage's metrics.

    A pack has a row for each word of a query and none for the two special tokens. Rows beyond max_tokens are cut off,
    as the published baselines do. Raises PipelineError where the pack is not what `prepare` has read.
    """
    begin, tokens, cuts = time.perf_counter(), 0, Cuts(max_tokens, specials=0)
    provenance = {**_provenance("query", published, published.query), "max_tokens": max_tokens}

    def datasets() -> Iterator[Item]:
        nonlocal tokens
        with open_rows(published.unchanged(published.query)) as source:
            for query in watched(sorted(queries, key=lambda q: q.query_id), "query_text", "text"):
                rows = _rows(source, query.query_id)
                kept = rows[:max_tokens]
                cuts.add(query, len(rows), hashlib.sha256(kept.tobytes()).digest())
                tokens += len(kept)
                yield Item(query.query_id, kept, {"video_id": query.video_id, "text": query.text})

    write_features(path, datasets(), provenance, dtype=published.query.dtype)
    return {
        "queries": len(queries),
        "videos": len({query.video_id for query in queries}),
        "tokens": tokens,
        "imported": len(queries),
        **cuts.numbers(),
        "seconds": round(time.perf_counter() - begin, 3),
        "weights": provenance["weights"],
        "recipe": provenance,
    }


def _rows(source: Rows, id: str) -> np.ndarray:
    """Return (T, D) rows, which `prepare` has found to be good."""
    try:
        return read_rows(source, id)[0]
    except BadRecord as error:
        fix = "fetch the pack again, then run `dvc repro`"
        raise PipelineError(f"the features of {id!r}: {error}", where=source.path, fix=fix) from None


def _provenance(stream: str, published: Pack, features: FeatureSet) -> dict[str, Any]:
    """Return everything besides the manifest that decides the feature file; where the pack lies is not part of it."""
    return {
        "stream": stream,
        "weights": f"published: {published.collection}, {Path(features.path).name}",
        "dtype": features.dtype,
        "files": {Path(file["path"]).name: file["sha256"] for file in features.files},
    }
