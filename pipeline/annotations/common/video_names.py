"""Which video is meant by a name that is no id: by extension or path, by other letters, or misspelt.

Test: tests/annotations/test_video_names.py.
"""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from pipeline.annotations.common.corrections import LETTERS, PATHS
from pipeline.annotations.common.videos import is_video
from pipeline.core.ids import BadRecord, shown

LIKE = 0.8
"""How like an id (0 to 1, of difflib) a misspelt name is at least."""

LEAD = 0.05
"""How much less like it the next id is at least."""

MOST_COMPARED = 200_000
"""Pairs of a name and an id that are compared; more would take minutes."""


class VideoNames:
    """Knows the ids of the videos, and where their files lie."""

    def __init__(self, files: Mapping[str, Sequence[Path]], videos: Path):
        """files: the paths of every id's files below the source; videos: that of the folder of the videos."""
        self._ids, self._known = sorted(files), frozenset(files)
        self._shared = frozenset(video_id for video_id, paths in files.items() if len(paths) > 1)
        self._compared = 0
        self._typos: dict[str, str | None] = {}
        self._by: list[tuple[str, Callable[[str], str], dict[str, set[str]]]] = []
        for kind, form in ((PATHS, _path), (LETTERS, _case), (LETTERS, _letters), (LETTERS, _number)):
            known = defaultdict(set)
            for video_id, paths in files.items():
                names = (name for path in paths for name in (path, path.relative_to(videos), path.name))
                for name in {video_id, *map(str, names)}:
                    known[form(name)].add(video_id)
            self._by.append((kind, form, known))

    def __contains__(self, name: str) -> bool:
        """Whether the name is the id of a video."""
        return name in self._known

    def is_shared(self, video_id: str) -> bool:
        """Whether several files have this id, so that a path says more than it."""
        return video_id in self._shared

    def meant(self, name: str) -> tuple[str, str] | None:
        """(id, kind of correction) of the one video that is meant by a name that is no id; None where none is.

        Raises BadRecord where several may be meant.
        """
        for kind, form, known in self._by:
            found = known.get(form(name), set()) if form(name) else set()
            if len(found) == 1:
                return next(iter(found)), kind
            if found:
                several = ", ".join(repr(shown(one)) for one in sorted(found)[:3])
                more = f" and {len(found) - 3} more" if len(found) > 3 else ""
                raise BadRecord(f"`vid_name` {shown(name)!r} may be any of {len(found)} videos: {several}{more}")
        return None

    def misspelt(self, name: str) -> str | None:
        """The id that a misspelt name most likely means: like it, of the same numbers, and no other is as like."""
        if name not in self._typos:
            self._typos[name] = self._nearest(name)
        return self._typos[name]

    def _nearest(self, name: str) -> str | None:
        self._compared += len(self._ids)
        if self._compared > MOST_COMPARED:
            return None
        forms = {_letters(video_id): video_id for video_id in self._ids}
        wanted = _letters(name)
        likest = difflib.get_close_matches(wanted, forms, 2, LIKE)
        alike = [(difflib.SequenceMatcher(None, one, wanted).ratio(), one) for one in likest]
        if not alike or (len(alike) > 1 and alike[0][0] - alike[1][0] < LEAD):
            return None
        return forms[likest[0]] if _numbers(likest[0]) == _numbers(wanted) else None


def _path(name: str) -> str:
    """The name without a video's extension, its parts divided by slashes."""
    path = PurePosixPath(unicodedata.normalize("NFC", name.strip()).replace("\\", "/"))
    return path.with_suffix("").as_posix() if is_video(path) and path.stem else path.as_posix()


def _case(name: str) -> str:
    return _path(name).casefold()


def _letters(name: str) -> str:
    """The name in small letters, with blanks, hyphens, dots and underscores as one underscore."""
    return re.sub(r"[ _.-]+", "_", _case(name)).strip("_")


def _number(name: str) -> str:
    """A number without leading zeros, or without the `.0` of a table; empty for anything else."""
    whole = re.fullmatch(r"0*(\d+?)(?:\.0+)?", _path(name))
    return whole[1] if whole else ""


def _numbers(name: str) -> list[str]:
    return [number.lstrip("0") for number in re.findall(r"\d+", name)]
