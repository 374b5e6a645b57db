"""What the service answers as JSON: results and errors. Test: tests/service/test_answers.py."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse

from pipeline.search.answers import as_json
from pipeline.search.results import IndexedVideo, Results

MOST_SHOWN = 2000
"""Characters of the subtitles of one hit."""


def failure(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an answer that says what went wrong."""
    return JSONResponse({"error": plain(sentence)}, status, headers)


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: NaN and infinity are null, and broken characters are U+FFFD."""
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return None if isinstance(value, float) and not math.isfinite(value) else value


def of_videos(videos: Sequence[IndexedVideo], count: int, play: Sequence[str]) -> dict[str, Any]:
    """Return some of `count` videos; play: for each how a browser can play it."""
    facts = zip(videos, play, strict=True)
    listed = [{"id": one.video_id, "name": one.name, "duration": one.duration, "play": how} for one, how in facts]
    return {"videos": count, "listed": listed}


def of_results(results: Results, play: Mapping[str, str]) -> dict[str, Any]:
    """Return what a search found; play: by id of a video, how a browser can play it."""
    found = as_json(results)
    for hit in found["hits"]:
        hit["play"] = play[hit["id"]]
        if len(hit["subtitle"]) > MOST_SHOWN:
            hit["subtitle"] = f"{hit['subtitle'][:MOST_SHOWN]} …"
    return found
