"""Times that are written in milliseconds: far beyond the video's end, they lie in it when divided by 1000.

Test: tests/annotations/test_milliseconds.py.
"""

from collections import defaultdict
from collections.abc import Iterator

from pipeline.annotations.common.corrections import MILLISECONDS, Correction
from pipeline.annotations.common.records import AnnotatedQuery

FAR = 10
"""A span is far beyond the end where it ends after so many times the video's length."""


class Milliseconds:
    """Collects the spans of a data set, file by file, to tell which are in milliseconds.

    A query whose times say their unit is none of them, and says nothing of the others.
    """

    def __init__(self, overrun: float):
        """overrun: how many seconds a span may reach beyond its video's end."""
        self._overrun = overrun
        self._beyond: dict[str, list[Correction]] = defaultdict(list)
        self._unsure: dict[str, list[Correction]] = defaultdict(list)
        self._inside: dict[str, list[Correction]] = defaultdict(list)

    def told(self, query: AnnotatedQuery, start: float, end: float, end_of_video: float) -> str:
        """Note a span beyond its video's end; what a message about it adds where it is in milliseconds, else empty."""
        if query.says_unit:
            return ""
        first, last = start / 1000, end / 1000
        if first >= end_of_video or last > end_of_video + self._overrun:
            return ""
        if end < FAR * end_of_video:
            self._unsure[_file(query)].append(_divided(query, start, end))
            return ""
        self._beyond[_file(query)].append(_divided(query, start, end))
        return f"; in milliseconds it is {first:g} to {last:g} s, so divide it by 1000"

    def fits(self, query: AnnotatedQuery, start: float, end: float) -> None:
        """Note a span that lies in its video as it is."""
        if not query.says_unit:
            self._inside[_file(query)].append(_divided(query, start, end))

    def corrections(self) -> Iterator[Correction]:
        """The spans that are in milliseconds: of a file that has more of them than of those in their videos, all."""
        for file, beyond in self._beyond.items():
            inside = self._inside[file]
            yield from beyond
            if len(beyond) > len(inside):
                yield from [*inside, *self._unsure[file]]


def _file(query: AnnotatedQuery) -> str:
    return query.where.rpartition(":")[0]


def _divided(query: AnnotatedQuery, start: float, end: float) -> Correction:
    return Correction(MILLISECONDS, query.where, "ts", [start, end], [start / 1000, end / 1000])
