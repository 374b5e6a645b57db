"""Finds the files of the videos of an index on this machine, and names them as people know them.

Test: tests/search/test_files.py.
"""

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from pipeline.core.runtime import resolve


class VideoFiles:
    """The files of the videos of an index; `names` are their paths below the folder that all of them are in.

    ids, paths: the ids, and for each the path that the index has, None where there is no file. folder: where the videos
    are now, None for where they were when the index was made.
    """

    def __init__(self, ids: Sequence[str], paths: Sequence[str | None], folder: Path | None):
        self._paths, self._folder = paths, folder
        parents = {os.path.dirname(path) for path in paths if path}
        common = os.path.commonpath(parents) if parents and len({os.path.isabs(path) for path in parents}) == 1 else ""
        self.names = [
            PurePath(os.path.relpath(path, common or ".")).as_posix() if path else id
            for id, path in zip(ids, paths, strict=True)
        ]

    def path(self, number: int) -> Path | None:
        """Return where the file of a video should be, None where it has none; it may not exist.

        In another folder it is the longest end of the path that exists there, else the name.
        """
        path = self._paths[number]
        if path is None:
            return None
        if self._folder is None:
            return resolve(path)
        parts = [part for part in PurePath(path).parts if part not in ("/", "..")]
        ends = (self._folder.joinpath(*parts[first:]) for first in range(len(parts)))
        return next((end for end in ends if end.is_file()), self._folder / self.names[number])
