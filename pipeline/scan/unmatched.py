"""Files below `source` that are not read, told to the user: a misspelt name is not silent.

Test: tests/scan/test_stage.py.
"""

import sys
from pathlib import Path
from typing import Any

from pipeline.annotations.common.listed import OTHER, ListedFile
from pipeline.core.ids import shown

SHOWN = 20


def unmatched(source: Path, files: list[ListedFile]) -> dict[str, Any]:
    """Print how many files are not read, and the first of them, to stderr; the same for prepare.json."""
    names = [file.path for file in files if file.kind == OTHER]
    if names:
        more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        print(
            f"Not read below {source}, {len(names)} files: {', '.join(map(shown, names[:SHOWN]))}{more}",
            file=sys.stderr,
        )
    return {"files": len(names), "first": names[:SHOWN]}
