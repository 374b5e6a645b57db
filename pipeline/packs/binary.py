"""Reads the rows of a folder of a pack: feature.bin is N x D float32, and row i belongs to the i-th name in id.txt.

The folder may also hold shape.txt (N and D) and video2frames.txt (the order of rows). Only one video's rows are ever in
memory. Test: tests/packs/test_binary.py.
"""

from pathlib import Path

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.packs.row_names import RowIndex

ROW_TYPE = np.dtype("<f4")
MOST_BYTES = 1 << 28
"""Bytes of the longest video that is accepted: 0.25 GiB, 87,000 rows of 768 numbers."""


class BinaryRows:
    """Gives the rows of a video; a context manager. files: the files that are read; facts: counts for prepare.json."""

    def __init__(self, folder: Path):
        """Raises PipelineError where size, shape and names do not agree: then no row can be trusted."""
        self.path, self.file = folder, folder / "feature.bin"
        optional = [path for path in (folder / "shape.txt", folder / "video2frames.txt") if path.is_file()]
        self.files = [self.file, folder / "id.txt", *optional]
        frames = folder / "video2frames.txt"
        self._index = RowIndex(folder / "id.txt", frames if frames in optional else None)
        self._size = self._checked_size(folder / "shape.txt")
        self._open = open(self.file, "rb")  # noqa: SIM115 - closed by __exit__
        self.facts = {"rows_in_file": self._index.rows, **self._index.counts}

    def __enter__(self) -> "BinaryRows":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __contains__(self, video_id: str) -> bool:
        return video_id in self._index

    def __getitem__(self, video_id: str) -> np.ndarray:
        """Return (T, D) float32; rows that are neighbours in the file are read at once.

        Raises KeyError for an unknown video, BadRecord for rows that cannot be read.
        """
        rows = self._index[video_id]
        if len(rows) * self._row_bytes > MOST_BYTES:
            raise BadRecord(f"{len(rows)} rows are more than the {MOST_BYTES:,} bytes a video may have")
        values = np.empty((len(rows), self._size), np.float32)
        begin = 0
        for end in [*(np.flatnonzero(np.diff(rows) != 1) + 1), len(rows)]:
            self._open.seek(int(rows[begin]) * self._row_bytes)
            read = np.fromfile(self._open, ROW_TYPE, (end - begin) * self._size)
            if read.size < (end - begin) * self._size:
                raise BadRecord(f"{self.file.name} ends inside its rows")
            values[begin:end] = read.reshape(-1, self._size)
            begin = end
        return values

    @property
    def _row_bytes(self) -> int:
        return self._size * ROW_TYPE.itemsize

    def _checked_size(self, shape_file: Path) -> int:
        """Return D, after checking that feature.bin has 4 N D bytes and id.txt has N names."""
        try:
            found = self.file.stat().st_size
        except OSError as error:
            raise PipelineError(f"cannot be read: {error.strerror}", where=self.file, fix="restore it") from None
        names = self._index.rows
        rows, size = _shape(shape_file) if shape_file in self.files else (names, found // max(4 * names, 1))
        fix = "fetch the pack again: these files are not of one piece"
        if rows != names:
            raise PipelineError(f"{names} names for {rows} rows", where=self.path / "id.txt", fix=fix)
        if rows < 1 or size < 1 or found != rows * size * ROW_TYPE.itemsize:
            raise PipelineError(
                f"{found:,} bytes are not {rows:,} rows of {size:,} float32 numbers", where=self.file, fix=fix
            )
        return size


def _shape(path: Path) -> tuple[int, int]:
    """Return (N, D), which stand in the first line."""
    with open(path, encoding="latin-1") as file:
        fields = file.readline(200).split()
    if len(fields) != 2 or not all(field.isascii() and field.isdigit() for field in fields):
        raise PipelineError("the first line is not two whole numbers, rows and size", where=path, fix="restore it")
    return int(fields[0]), int(fields[1])
