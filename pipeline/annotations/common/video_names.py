"""Which video is meant by a name that is no id: by extension or path, by other letters, or misspelt.

Test: tests/annotations/test_video_names.py.
"""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from pipeline.annotations.common.corrections import LETTERS, PATHS
from pipeline.annotations.common.videos import is_video
from pipeline.core.ids import BadRecord, shown

LIKE = 0.8
"""How like an id (0 to 1, of difflib) a misspelt name is at least."""

LEAD = 0.05
"""How much less like it the next id is at least."""

MOST_COMPARED = 60_000
"""Pairs of a name and an id that are compared; more would take minutes."""


KINDS = (PATHS, LETTERS, LETTERS, LETTERS)
"""What it is to be known by each of the `_forms` of a name."""


class VideoNames:
    """Knows the ids of the videos, and where their files lie."""

    def __init__(self, files: Mapping[str, Sequence[Path]], videos: Path):
        """files: the paths of every id's files below the source; videos: that of the folder of the videos."""
        self._files, self._videos = files, videos
        self._compared = 0
        self._typos: dict[str, str | None] = {}

    def __contains__(self, name: str) -> bool:
        """Whether the name is the id of a video."""
        return name in self._files

    def is_shared(self, video_id: str) -> bool:
        """Whether several files have this id, so that a path says more than it."""
        return len(self._files[video_id]) > 1

    def meant(self, name: str) -> tuple[str, str] | None:
        """(id, kind of correction) of the one video that is meant by a name that is no id; None where none is.

        Raises BadRecord where several may be meant.
        """
        for kind, form, known in zip(KINDS, _forms(name), self._known, strict=True):
            found = known.get(form, set()) if form else set()
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

    @cached_property
    def _known(self) -> tuple[dict[str, set[str]], ...]:
        """The ids by each of the forms of what their files are called; made only where a name is no id."""
        known: tuple[dict[str, set[str]], ...] = tuple(defaultdict(set) for _ in KINDS)
        for video_id, paths in self._files.items():
            names = (name for path in paths for name in (path, path.relative_to(self._videos), path.name))
            for name in {video_id, *map(str, names)}:
                for form, ids in zip(_forms(name), known, strict=True):
                    ids[form].add(video_id)
        return known

    @cached_property
    def _by_numbers(self) -> dict[tuple[str, ...], dict[str, str]]:
        """The ids by the form in which names are compared, by the numbers in it, in which no mistake is looked for.

        Of ids that have the same form, none can be told.
        """
        by_numbers: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
        for video_id in sorted(self._files):
            form = _forms(video_id)[2]
            ids = by_numbers[_numbers(form)]
            ids[form] = "" if form in ids else video_id
        return by_numbers

    def _nearest(self, name: str) -> str | None:
        wanted = _forms(name)[2]
        ids = self._by_numbers.get(_numbers(wanted), {})
        self._compared += len(ids)
        likest = difflib.get_close_matches(wanted, ids, 2, LIKE) if self._compared <= MOST_COMPARED else []
        if not likest:
            return None
        first, *others = [difflib.SequenceMatcher(None, one, wanted).ratio() for one in likest]
        return None if others and first - others[0] < LEAD else ids[likest[0]] or None


def _forms(name: str) -> tuple[str, str, str, str]:
    """What a name is known by, the surest first.

    The first form has no video's extension and slashes for backslashes; the second small letters, too; the third one
    underscore for blanks, hyphens and dots, too. The fourth is that of a number alone: without leading zeros, and
    without the `.0` of a table; it is empty for anything else.
    """
    path = PurePosixPath(unicodedata.normalize("NFC", name.strip()).replace("\\", "/"))
    plain = path.with_suffix("").as_posix() if is_video(path) and path.stem else path.as_posix()
    small = plain.casefold()
    number = re.fullmatch(r"0*(\d+?)(?:\.0+)?", plain)
    return plain, small, re.sub(r"[ _.-]+", "_", small).strip("_"), number[1] if number else ""


def _numbers(name: str) -> tuple[str, ...]:
    return tuple(number.lstrip("0") for number in re.findall(r"\d+", name))
