"""The stage `scan` writes which feature streams this run asks for; the other stages read that here.

Test: tests/settings/test_streams.py.
"""

from pathlib import Path

from pipeline.core.files import read_json

FOLDER = Path("outputs/scan/streams")
ORDER, LOCALIZER_ORDER = "order.json", "localizer_order.json"
LOCALIZER_SUBTITLE = "localizer_subtitle"
"""The subtitles that the localizer reads; `subtitle` are those that the model reads."""
NOT_ASKED = "no `features.streams` of this run names it"


def is_asked_for(stream: str) -> bool:
    """Return whether this run reads the stream."""
    return bool(read_json(FOLDER / f"{stream}.json")["asked_for"])


def streams_in_order() -> list[str]:
    """Return the streams that the model of this run reads, in the order in which they are concatenated."""
    return list(read_json(FOLDER / ORDER))


def localizer_streams() -> list[str]:
    """Return the streams that the localizer of this run reads by itself, in the same order."""
    return list(read_json(FOLDER / LOCALIZER_ORDER))
