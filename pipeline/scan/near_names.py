"""Files that are not read, but are called nearly as one that would be: `querys.csv`.

A file is passed over whose like is there, as a copy of it would be, and one that belongs to another data set. Test:
tests/scan/test_near_names.py.
"""

import difflib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePath

from pipeline.annotations.common.layout import Layout, layouts
from pipeline.annotations.common.listed import RIGHT_ANSWERS

ALIKE = 0.8
"""From which ratio of difflib on two names are nearly the same."""


def near_names(read: Sequence[str], unread: Sequence[str], layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield (name, the name that is read) of each file directly in the folder that is misnamed most likely.

    read, unread: the names of all files of annotations, and of all files that are not read, below the folder.
    """
    wanted = [name for name in (*layout.annotations, RIGHT_ANSWERS) if "*" not in name]
    foreign = [pattern for other in layouts().values() for pattern in other.annotations]
    there = {PurePath(name).stem for name in read}
    for name in [name for name in unread if "/" not in name]:
        close = difflib.get_close_matches(name.lower(), wanted, n=1, cutoff=ALIKE)
        if close and PurePath(close[0]).stem not in there and not any(fnmatchcase(name, one) for one in foreign):
            yield name, close[0]
