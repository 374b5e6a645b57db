"""From a pack to the project's own feature files: one video or query in memory at a time, no value changed.

Rows keep the pack's precision, float16 or float32. Test: tests/packs/test_stages.py.
"""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pipeline.core.manifest import Query, Video
from pipeline.feature_io.cuts import Cuts
from pipeline.feature_io.hdf5 import Packed, pack
from pipeline.packs.description import FeatureSet, Pack
from pipeline.packs.rows import open_rows, read_rows


def import_videos(published: Pack, videos: list[Video], path: Path | str) -> dict[str, Any]:
    """Write the feature file of `videos`, dataset video_id -> (T, D), and return the stage's metrics.

    Raises PipelineError where the pack is not what `prepare` has read.
    """
    begin, clips = time.perf_counter(), 0
    recipe = _recipe("pack", published, published.video)

    def datasets() -> Iterator[Packed]:
        nonlocal clips
        with open_rows(published.unchanged(published.video)) as source:
            for video in tqdm(sorted(videos, key=lambda v: v.video_id), desc="pack", unit="video", disable=None):
                rows, _ = read_rows(source, video.video_id)
                clips += len(rows)
                attributes = {"T": len(rows), "duration": video.duration, "sha256": video.sha256}
                yield Packed(video.video_id, rows, attributes)

    pack(path, datasets(), recipe, dtype=published.video.dtype)
    return {
        "videos": len(videos),
        "clips": clips,
        "imported": len(videos),
        "seconds": round(time.perf_counter() - begin, 3),
        "weights": recipe["weights"],
        "recipe": recipe,
    }


def import_queries(published: Pack, queries: list[Query], max_tokens: int, path: Path | str) -> dict[str, Any]:
    """Write the feature file of `queries`, dataset query_id -> (W, D), W <= max_tokens, and return the metrics.

    The pack's rows are words without the two specials; what is longer is cut, as the published baselines cut it.
    Raises PipelineError where the pack is not what `prepare` has read.
    """
    begin, tokens, cuts = time.perf_counter(), 0, Cuts(max_tokens, specials=0)
    recipe = {**_recipe("query", published, published.query), "max_tokens": max_tokens}

    def datasets() -> Iterator[Packed]:
        nonlocal tokens
        with open_rows(published.unchanged(published.query)) as source:
            for query in tqdm(sorted(queries, key=lambda q: q.query_id), desc="query", unit="query", disable=None):
                rows, _ = read_rows(source, query.query_id)
                kept = rows[:max_tokens]
                cuts.add(query, len(rows), hashlib.sha256(kept.tobytes()).digest())
                tokens += len(kept)
                yield Packed(query.query_id, kept, {"video_id": query.video_id, "text": query.text})

    pack(path, datasets(), recipe, dtype=published.query.dtype)
    return {
        "queries": len(queries),
        "videos": len({query.video_id for query in queries}),
        "tokens": tokens,
        "imported": len(queries),
        **cuts.numbers(),
        "seconds": round(time.perf_counter() - begin, 3),
        "weights": recipe["weights"],
        "recipe": recipe,
    }


def _recipe(stream: str, published: Pack, features: FeatureSet) -> dict[str, Any]:
    """Everything that decides the feature file besides the manifest; where the pack lies is not in it."""
    return {
        "stream": stream,
        "weights": f"published: {published.collection}, {Path(features.path).name}",
        "dtype": features.dtype,
        "files": {Path(file["path"]).name: file["sha256"] for file in features.files},
    }
