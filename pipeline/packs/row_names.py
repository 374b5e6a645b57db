"""Tells which rows of feature.bin belong to which video, and in which order, from id.txt and video2frames.txt.

A row is called `<video id>_<integer>`; ids contain underscores too, so the last one separates the two. Without
video2frames.txt the integers decide the order, as numbers and not as text. With it, its lists decide, and how they
differ from the integers is counted. A row takes about 20 bytes of memory; it is never held as a Python string.
Test: tests/packs/test_row_names.py.
"""

import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.packs.literal import entries

BLOCK = 1 << 18
LONGEST = 1 << 12
UNNAMED = -1
MOST_DIGITS = 18


class RowIndex:
    """Gives the numbers of a video's rows in feature.bin.

    rows: how many names id.txt holds; counts: rows_without_video (the name has another form), rows_not_listed and
    videos_reordered (video2frames.txt leaves rows out, or lists them in another order than that of the integers).
    """

    def __init__(self, id_file: Path, frames_file: Path | None):
        """Raises PipelineError where a file cannot be read or is not what it should be."""
        self._videos: dict[str, int] = {}
        self._broken: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        video, number = self._read_names(id_file)
        self.rows = len(video)
        self._order = np.lexsort((number, video))
        self._numbers, video = number[self._order], video[self._order]
        self._starts = np.searchsorted(video, np.arange(len(self._videos) + 1))
        self.counts["rows_without_video"] = int(np.searchsorted(video, 0))
        twice = np.flatnonzero((np.diff(self._numbers) == 0) & (np.diff(video) == 0) & (video[1:] != UNNAMED))
        names = list(self._videos)
        for position in twice:
            self._broken[names[video[position]]] = f"row {self._numbers[position]} stands twice in {id_file.name}"
        self._listed: dict[str, np.ndarray] | None = None
        if frames_file is not None:
            self._read_lists(frames_file)

    def __contains__(self, video_id: str) -> bool:
        return video_id in (self._videos if self._listed is None else self._listed)

    def __getitem__(self, video_id: str) -> np.ndarray:
        """Return the (T,) int64 rows of a video in temporal order, T >= 1.

        Raises KeyError for an unknown video, BadRecord where its rows cannot be trusted.
        """
        if video_id in self._broken:
            raise BadRecord(self._broken[video_id])
        return self._by_number(video_id)[0] if self._listed is None else self._listed[video_id]

    def _read_names(self, path: Path) -> tuple[np.ndarray, np.ndarray]:
        """Return (N,) the index of each row's video, and (N,) its integer."""
        video, number = array("i"), array("q")
        for name in _words(path):
            video_id, integer = _split(name)
            video.append(UNNAMED if integer is None else self._videos.setdefault(video_id, len(self._videos)))
            number.append(integer or 0)
        return np.array(video, np.int32), np.array(number, np.int64)

    def _read_lists(self, path: Path) -> None:
        self._listed, listed_rows = {}, 0
        for written, names in entries(path):
            video_id = unicodedata.normalize("NFC", written)
            if video_id in self._listed:
                self._broken[video_id] = f"it stands twice in {path.name}"
            rows, missing = self._find(names)
            self._listed[video_id] = rows
            listed_rows += len(rows)
            if missing or not names:
                self._broken[video_id] = f"{missing} of the {len(names)} rows that {path.name} lists are not there"
            elif names != sorted(names, key=_split):
                self.counts["videos_reordered"] += 1
        self.counts["rows_not_listed"] = self.rows - listed_rows

    def _find(self, names: Sequence[str]) -> tuple[np.ndarray, int]:
        """Return the (T,) rows of those names that exist, and how many names do not."""
        split = [_split(unicodedata.normalize("NFC", name)) for name in names]
        found = np.full(len(names), UNNAMED, np.int64)
        for video_id in {video_id for video_id, integer in split if integer is not None and video_id in self._videos}:
            rows, numbers = self._by_number(video_id)
            mine = [at for at, (owner, integer) in enumerate(split) if owner == video_id and integer is not None]
            wanted = np.array([split[at][1] for at in mine], np.int64)
            place = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
            found[mine] = np.where(numbers[place] == wanted, rows[place], UNNAMED)
        return found[found != UNNAMED], int((found == UNNAMED).sum())

    def _by_number(self, video_id: str) -> tuple[np.ndarray, np.ndarray]:
        index = self._videos[video_id]
        own = slice(self._starts[index], self._starts[index + 1])
        return self._order[own], self._numbers[own]


def _split(name: str) -> tuple[str, int | None]:
    """Split the name of a row into (video id, integer); the integer is None where the name has another form."""
    video_id, _, digits = name.rpartition("_")
    if not video_id or len(digits) > MOST_DIGITS or not (digits.isascii() and digits.isdigit()):
        return name, None
    return video_id, int(digits)


def _words(path: Path) -> Iterator[str]:
    """Yield the names in id.txt, which usually stand in one line of many megabytes; the file is read block by block."""
    try:
        with open(path, "rb") as file:
            rest = b""
            while block := file.read(BLOCK):
                words = (rest + block).split()
                rest = words.pop() if words and not block[-1:].isspace() else b""
                yield from map(_name, words)
                if len(rest) > LONGEST:
                    fix = "fetch the pack again: row names are separated by white space"
                    raise PipelineError(f"a row name of more than {LONGEST} bytes", where=path, fix=fix)
            if rest:
                yield _name(rest)
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=path, fix="restore it") from None


def _name(word: bytes) -> str:
    """Decode a name the way ids are: an accented letter is one character (NFC).

    A byte that is not UTF-8 is kept as it is, so that no id equals the name.
    """
    return unicodedata.normalize("NFC", word.decode("utf-8", "surrogateescape"))
