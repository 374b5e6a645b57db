"""What the stage `scan` wrote of the streams that are asked for. Test: tests/settings/test_streams.py."""

from pathlib import Path

from pipeline.core.files import read_json

FOLDER = Path("outputs/scan/streams")
ORDER = "order.json"
NOT_ASKED = "no `features.streams` of this run names it"


def is_asked_for(stream: str) -> bool:
    """Whether this run reads the stream."""
    return bool(read_json(FOLDER / f"{stream}.json")["asked_for"])


def streams_in_order() -> list[str]:
    """The streams that this run reads, in the order in which they are concatenated."""
    return list(read_json(FOLDER / ORDER))
