"""What extracting a folder's videos will take, as far as it can be known beforehand.

The features take two bytes a number. The seconds are known only from an earlier run on the same machine.
Test: tests/settings/test_forecast.py.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.amounts import hours, size
from pipeline.core.clock import clip_count
from pipeline.core.files import read_json
from pipeline.core.runtime import store_root
from pipeline.settings.streams import sections_of_streams

_BYTES, _COPIES = 2, 3


@dataclass(frozen=True)
class Forecast:
    """Of one stream: clips; bytes: of its features, once; seconds: to encode all, None where nobody knows."""

    stream: str
    clips: int
    bytes: int
    seconds: float | None


def forecasts(seconds: Iterable[float], clip_seconds: float, features: Path) -> list[Forecast]:
    """Forecast each stream of pictures whose size is known, for videos of these lengths.

    features: the folder in which an earlier run has left how many clips a second it encoded.
    """
    clips = sum(clip_count(length, clip_seconds) for length in seconds)
    sizes = {stream: section.SIZE for stream, section in sections_of_streams().items()}
    rates = {stream: _rate(features / f"{stream}.json") for stream in sizes}
    return [
        Forecast(stream, clips, clips * numbers * _BYTES, clips / rate if (rate := rates[stream]) else None)
        for stream, numbers in sizes.items()
        if numbers
    ]


def told_forecasts(forecasts: Sequence[Forecast], free: int) -> Iterator[str]:
    """Yield what extraction will take: the store, the stage's output and DVC's cache each hold every feature.

    On a file system with reflinks, the last two share their bytes.
    """
    for one in forecasts:
        time = "the first run will tell how long it takes" if one.seconds is None else f"about {hours(one.seconds)}"
        yield f"  {one.stream:12} {one.clips} clips, {_COPIES} x {size(one.bytes)} on the disk; {time}"
    if _COPIES * sum(one.bytes for one in forecasts) > free:
        yield f"  There is not enough room: {size(free)} are free."


def free_bytes() -> int:
    """How many bytes are free where features will be stored."""
    folder = store_root().absolute()
    return shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free


def _rate(path: Path) -> float | None:
    rate = read_json(path).get("clips_per_second") if path.is_file() else None
    return rate if isinstance(rate, int | float) and rate > 0 else None
