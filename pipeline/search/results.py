"""What a search returns: the moments that answer a sentence, and what is known of the videos of an index.

The command line, the exports and the page show these, and know nothing else of an index. Times are in seconds.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

MOST_HITS = 100
"""The most videos that one search returns."""


@dataclass(frozen=True, order=True)
class Line:
    """A line of the subtitles of a video, shown from start to end."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class IndexedVideo:
    """A video of an index.

    name: the path of the file below the folder of all videos, or the id where there is no file. path: where the file
    should be on this machine, None for a video without a file. lines: its subtitles, by start.
    """

    video_id: str
    name: str
    path: Path | None
    duration: float
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Moment:
    """A part of a video that answers the query; score: how well, in the eyes of what found it."""

    start: float
    end: float
    score: float


@dataclass(frozen=True)
class Hit:
    """One video that was found, with the moment in it that answers the query.

    rank: from 1. score: the model's, by which the hits are ranked. unusual: how far the score is above the middle of
    the query's scores over all videos of the index, in robust standard deviations. moments: the best ones of the video,
    the answer first. similarity: of the query with each clip of the video, as start, end and the model's value, in the
    order of the clips. subtitle: the lines that are shown during the answer.
    """

    rank: int
    video: IndexedVideo
    score: float
    unusual: float
    moments: tuple[Moment, ...]
    similarity: tuple[tuple[float, float, float], ...]
    subtitle: str = ""

    @property
    def start(self) -> float:
        """Where the answer starts."""
        return self.moments[0].start

    @property
    def end(self) -> float:
        """Where the answer ends."""
        return self.moments[0].end


@dataclass(frozen=True)
class Among:
    """Which videos of the index are searched: those in a folder, of some length, whose hit is unusual enough.

    folder: the beginning of IndexedVideo.name, whole folders, empty for all. shortest, longest: seconds. unusual: the
    least `Hit.unusual`, None for any.
    """

    folder: str = ""
    shortest: float = 0.0
    longest: float = float("inf")
    unusual: float | None = None


@dataclass(frozen=True)
class Results:
    """What was found for one query, the best hit first.

    videos: how many videos were searched. fits: whether the score of the best hit is like those of queries whose video
    is in the corpus, and not like those of other queries; None where that could not be measured. cut: how many tokens
    at the end of the query were not read. seconds: how long encoding the query and searching took, by step.
    """

    query: str
    hits: tuple[Hit, ...]
    videos: int
    fits: bool | None
    cut: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


class Search(Protocol):
    """An index that can be asked; pipeline/search/searcher.py opens one from a folder."""

    @property
    def about(self) -> dict[str, Any]:
        """Describe the index for people.

        `videos`: how many; `folders`: the folders of their names, sorted; `longest`: seconds; `model`, `localizer`:
        names; `random_weights`: which features came from random weights; `engine`: what finds the candidates;
        `threshold`: the least score of a hit that fits, None where that could not be measured, and `threshold_says`: a
        sentence about how far it can be trusted.
        """
        ...

    def video(self, video_id: str) -> IndexedVideo:
        """Return a video of the index. Raises KeyError for an id that it does not have."""
        ...

    def listed(self, first: int, count: int, among: Among = ...) -> tuple[list[IndexedVideo], int]:
        """Return some of the videos by name, from a number on, and how many there are; `among.unusual` is not asked."""
        ...

    def search(self, query: str, k: int, among: Among = ...) -> Results:
        """Find the k <= MOST_HITS best videos for a query. Raises PipelineError for a query without any token."""
        ...
