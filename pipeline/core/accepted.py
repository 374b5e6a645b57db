"""Which share of a data set may be refused before a stage gives up; the one parameter for it is `max_failed_fraction`.

No stage names the parameter in dvc.yaml: it decides whether the work goes on, and never what a file holds. So a change
of it makes nothing stale. It is read when it is needed, so that it can be raised while a stage works.
Test: tests/core/test_accepted.py.
"""

import math
from pathlib import Path

from pipeline.core.params import load

NAME = "max_failed_fraction"


def accepted_share(path: Path | str = "params.yaml") -> float:
    """Return the share, 0 to 1, of the videos, and of the queries, that may be refused."""
    return float(getattr(load(NAME, path=path), NAME))


def share_that_accepts(failed: int, total: int) -> float:
    """Return the least share, of three digits, that accepts so many refusals."""
    return math.ceil(1000 * failed / total) / 1000
