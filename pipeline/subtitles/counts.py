"""What became of the subtitles, in numbers: what was found, what was read, what was lost."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class SubtitleCounts:
    """Files and cues of a data set.

    files: found; files_not_read: refused whole; files_not_chosen: another file of the same video was; encodings: files
    read, by encoding; cues: found in what was read; cues_refused: broken; cues_silent: without a word; cues_repeating:
    with lines that the cue before has shown; sentences_after_end: dropped because they start after the video's end.
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
        """The counts for prepare.json."""
        return {**asdict(self), "encodings": dict(sorted(self.encodings.items()))}
