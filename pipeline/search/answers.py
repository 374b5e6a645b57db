"""Results as values that JSON and CSV hold, for programs. Test: tests/search/test_answers.py."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.search.results import Hit, Results

COLUMNS = ("rank", "id", "video", "start", "end", "score", "unusual", "subtitle")


def as_json(results: Results) -> dict[str, Any]:
    """Return what was found as JSON holds it; a number that is not finite is None.

    Times are in seconds, a moment is its start, end and score, and similarity has start, end and value of each clip.
    """
    return {
        "query": results.query,
        "videos": results.videos,
        "fits": results.fits,
        "cut": results.cut,
        "seconds": results.seconds,
        "hits": [_as_json(hit) for hit in results.hits],
    }


def as_rows(results: Results) -> Iterator[Sequence[str | float]]:
    """Yield COLUMNS, then their values for each hit."""
    yield COLUMNS
    for hit in results.hits:
        start, end, score, unusual = (round(value, 4) for value in (hit.start, hit.end, hit.score, hit.unusual))
        yield hit.rank, hit.video.video_id, hit.video.name, start, end, score, unusual, hit.subtitle


def _as_json(hit: Hit) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "id": hit.video.video_id,
        "name": hit.video.name,
        "duration": hit.video.duration,
        "score": _finite(hit.score),
        "unusual": _finite(hit.unusual),
        "start": hit.start,
        "end": hit.end,
        "moments": [[moment.start, moment.end, _finite(moment.score)] for moment in hit.moments],
        "similarity": [
            [round(start, 3), round(end, 3), _finite(round(value, 5))] for start, end, value in hit.similarity
        ],
        "subtitle": hit.subtitle,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
