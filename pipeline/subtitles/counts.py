"""Counts what became of the subtitles of a data set: what was found, what was read, what was lost."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class SubtitleCounts:
    """Counts of subtitle files and of cues.

    files: found; files_not_read: refused as a whole; files_not_chosen: left out because another file of the same video
    is read; encodings: how many of the files that are read have each encoding; cues: found in these files;
    cues_refused: broken; cues_silent: without a word; cues_repeating: with lines that the cue before has shown;
    sentences_after_end: dropped because they start after the video's end.
    """

    files: int = 0
    files_not_read: int = 0
    files_not_chosen: int = 0
    encodings: Counter[str] = field(default_factory=Counter)
    cues: int = 0
    cues_refused: int = 0
    cues_silent: int = 0
    cues_repeating: int = 0
    sentences_after_end: int = 0

    def numbers(self) -> dict[str, Any]:
        """Return the counts for prepare.json."""
        return {**asdict(self), "encodings": dict(sorted(self.encodings.items()))}
