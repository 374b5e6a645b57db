"""Whether this run learns from queries: whether its model or its localizer is fitted to them here.

A run that does not needs no queries, neither where a trained model is reused nor where the model needs no training. The
stage `scan` writes the file, because only it knows all of params.yaml. Test: tests/core/test_learning.py.
"""

from pathlib import Path

from pipeline.core.files import read_json, write_json

PATH = Path("outputs/scan/learning.json")


def write_learns(learns: bool) -> None:
    """Write for the other stages whether the run learns from queries."""
    write_json(PATH, {"learns": learns})


def read_learns() -> bool:
    """Read what `write_learns` wrote."""
    learns: bool = read_json(PATH)["learns"]
    return learns
