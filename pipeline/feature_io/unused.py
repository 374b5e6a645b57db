"""Writes the output of a stage that has nothing to do: an empty, valid feature file that says why.

Every DVC stage has fixed outputs, so a stage writes these where the run does not ask for its stream.
Test: tests/packs/test_stages.py.
"""

import sys
from pathlib import Path

from pipeline.core.files import write_json
from pipeline.feature_io.hdf5 import write_features


def write_unused(folder: Path | str, stream: str, why: str) -> None:
    """Write `folder`/<stream>.h5 without datasets, and <stream>.json with the reason `why`."""
    write_features(Path(folder) / f"{stream}.h5", [], {"stream": stream, "weights": "none"})
    write_json(Path(folder) / f"{stream}.json", {"videos": 0, "unused": why})
    print(f"{stream}: not used: {why}", file=sys.stderr)
