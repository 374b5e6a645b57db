"""The output of a stage that has nothing to do for the chosen data set: an empty, valid feature file that says so.

Every DVC stage has fixed outputs; this is what they are where a data set has no videos to decode, or no feature pack.
Test: tests/packs/test_stages.py.
"""

import sys
from pathlib import Path

from pipeline.core.files import write_json
from pipeline.feature_io.hdf5 import pack


def write_unused(folder: Path | str, stream: str, why: str) -> None:
    """Write `folder`/<stream>.h5 without data sets and <stream>.json with the reason."""
    pack(Path(folder) / f"{stream}.h5", [], {"stream": stream, "weights": "none"})
    write_json(Path(folder) / f"{stream}.json", {"videos": 0, "unused": why})
    print(f"{stream}: not used for this data set: {why}", file=sys.stderr)
