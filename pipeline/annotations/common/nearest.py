"""The ids that are there, nearest first, for messages about one that is not.

Test: tests/annotations/test_nearest.py.
"""

import difflib
from collections.abc import Collection

from pipeline.core.ids import shown

SHOWN = 3
SEARCHED = 20
"""Different ids for which the nearest are searched; with thousands of ids on both sides it would take minutes."""


class Nearest:
    """Knows the ids that are there."""

    def __init__(self, known: Collection[str]):
        self._known = sorted(known)
        self._answers: dict[str, list[str]] = {}

    def to(self, video_id: str) -> str:
        """`known are 'beach_1', 'beach_2' and 40 more`, those first that are most like `video_id`."""
        if not self._known:
            return "no id is known"
        if video_id not in self._answers:
            searched = len(self._answers) < SEARCHED
            likest = difflib.get_close_matches(video_id, self._known, SHOWN, cutoff=0.3) if searched else []
            others = [one for one in self._known[:SHOWN] if one not in likest]
            self._answers[video_id] = (likest + others)[:SHOWN]
        answer = self._answers[video_id]
        more = len(self._known) - len(answer)
        return f"known are {', '.join(repr(shown(one)) for one in answer)}" + (f" and {more} more" if more else "")
