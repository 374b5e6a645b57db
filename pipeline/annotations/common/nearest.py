"""The ids that are there, nearest first, for messages about one that is not.

Test: tests/annotations/test_nearest.py.
"""

import difflib
from collections.abc import Collection

from pipeline.core.ids import shown

SHOWN = 3
MOST_COMPARED = 60_000
"""Pairs of ids that are compared; with thousands of ids on both sides it would take minutes."""


class Nearest:
    """Knows the ids that are there."""

    def __init__(self, known: Collection[str]):
        self._known = sorted(known)
        self._folded = {one.casefold(): one for one in reversed(self._known)}
        self._answers: dict[str, list[str]] = {}

    def to(self, video_id: str) -> str:
        """`known are 'beach_1', 'beach_2' and 40 more`, those first that are most like `video_id` without capitals."""
        if not self._known:
            return "no id is known"
        if video_id not in self._answers:
            is_searched = len(self._answers) * len(self._known) < MOST_COMPARED
            wanted = video_id.casefold()
            alike = difflib.get_close_matches(wanted, self._folded, SHOWN, cutoff=0.3) if is_searched else []
            likest = [self._folded[one] for one in alike]
            others = [one for one in self._known[:SHOWN] if one not in likest]
            self._answers[video_id] = (likest + others)[:SHOWN]
        answer = self._answers[video_id]
        more = len(self._known) - len(answer)
        return f"known are {', '.join(repr(shown(one)) for one in answer)}" + (f" and {more} more" if more else "")
