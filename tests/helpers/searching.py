"""A search over a handful of videos without an index, for tests of what shows its hits.

Half of the videos have names, and lines of subtitles, as somebody would choose them who wants to do harm.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.search.results import MOST_HITS, Among, Hit, IndexedVideo, Line, Moment, Results

CLIP_SECONDS = 2.0
EVERYTHING = Among()
LONGEST_QUERY = 20
"""The words of a query that FakeSearch reads."""

PLAIN = {
    "lake": ("trips/lake/dog.mp4", 30.0, ["A dog runs into the water.", "It swims back."]),
    "lake_2": ("trips/lake/dog (2).mp4", 12.5, []),
    "kitchen": ("home/kitchen.mkv", 61.28, ["She cuts an onion."]),
    "zoë": ("home/Zoë's birthday 生日.mp4", 8.04, ["Zoë blows out the candles. 生日快乐"]),
    "long": ("lectures/long.avi", 7200.0, ["Good morning."]),
}
"""Name, seconds and lines of well-behaved videos, by id."""

HOSTILE = {
    "html": ('x/<img src=x onerror=alert(1)>"&amp;.mp4', 20.0, ["<script>alert(1)</script>", "</style>{{ 7 * 7 }}"]),
    "rtl": ("x/harmless\u202e4pm.exe\u2066.mp4", 21.0, ["\u202egnirts desrever\u202c \u200f\u061c"]),
    "large": ("x/" + "a" * 4096 + ".mp4", 22.0, ["b" * 4096]),
    "breaks": ("x/two\nlines\r\x0b\x85\u2028.mp4", 23.0, ["one\ntwo\r\nthree\x1b[31mred\x07\x00"]),
    "dots": ("x/%2e%2e/%2e%2e%2fetc%2fpasswd.mp4", 24.0, ["../../../etc/passwd %2e%2e"]),
    "quotes": ('x/\'; DROP TABLE "videos" `id` $(id) --.mp4', 25.0, ["']]></x> \"quoted\" 'single' \\ \\u0000"]),
    "=cmd()": ("=cmd()|'/c calc'!A0.mp4", 26.0, ['=HYPERLINK("http://127.0.0.1/")', "@SUM(1)", "-1+1", "+1"]),
    "-flag": ("-rf --help.mp4", 27.0, ["-->", "\ufeff\ufffe\uffff"]),
    "bytes": ("x/not UTF-8 \udcff\udc80.mp4", 28.0, ["half a character \ud83d"]),
    "no file": ("no file", 29.0, ["Nothing can be played."]),
}
"""Name, seconds and lines of videos that mean harm, by id; the last one has no file."""


def fake_videos(folder: Path) -> list[IndexedVideo]:
    """The videos of PLAIN and HOSTILE, as if they were files in the folder; no file is made."""
    found = []
    for video_id, (name, duration, texts) in {**PLAIN, **HOSTILE}.items():
        step = duration / max(1, len(texts))
        lines = tuple(Line(i * step, (i + 1) * step, text) for i, text in enumerate(texts))
        found.append(IndexedVideo(video_id, name, None if video_id == "no file" else folder / name, duration, lines))
    return found


@dataclass
class FakeSearch:
    """Finds in the videos what it always finds for a query: a video with more words of the query is more unusual.

    fits: what every answer says of its best hit. random_weights: what `about` says of them.
    """

    videos: Sequence[IndexedVideo] = field(default_factory=lambda: fake_videos(Path("/videos")))
    fits: bool | None = True
    random_weights: Sequence[str] = ()

    @property
    def about(self) -> dict[str, Any]:
        """What an index says of itself."""
        return {
            "videos": len(self.videos),
            "folders": sorted({str(folder) for video in self.videos for folder in Path(video.name).parents} - {"."}),
            "longest": max(video.duration for video in self.videos),
            "model": "fake",
            "localizer": "none",
            "random_weights": list(self.random_weights),
            "engine": "exact",
            "threshold": None if self.fits is None else 3.0,
            "threshold_says": "" if self.fits is None else "It was measured on 12 queries.",
        }

    def video(self, video_id: str) -> IndexedVideo:
        """The video of this id."""
        return {video.video_id: video for video in self.videos}[video_id]

    def listed(self, first: int, count: int, among: Among = EVERYTHING) -> tuple[list[IndexedVideo], int]:
        """Some of the videos that are searched, by name, and how many there are."""
        videos = sorted(self._searched(among), key=lambda video: video.name)
        return videos[first : first + count], len(videos)

    def _searched(self, among: Among) -> list[IndexedVideo]:
        return [
            video
            for video in self.videos
            if video.name.startswith(f"{among.folder}/" if among.folder else "")
            and among.shortest <= video.duration <= among.longest
        ]

    def search(self, query: str, k: int, among: Among = EVERYTHING) -> Results:
        """The k best of the videos that are searched."""
        assert 0 < k <= MOST_HITS
        words = query.lower().split()
        if not any(character.isalnum() for character in query):
            raise PipelineError("the query has no word", where=query[:40], fix="describe what is seen in the video")
        hits = sorted((_hit(words, video) for video in self._searched(among)), key=lambda hit: -hit.score)
        kept = [hit for hit in hits if among.unusual is None or hit.unusual >= among.unusual][:k]
        return Results(
            query,
            tuple(replace(hit, rank=rank) for rank, hit in enumerate(kept, 1)),
            len(self.videos),
            self.fits if kept else None,
            cut=max(0, len(words) - LONGEST_QUERY),
            seconds={"encode": 0.002, "search": 0.001},
        )


def _hit(words: Sequence[str], video: IndexedVideo) -> Hit:
    text = " ".join([video.name, *(line.text for line in video.lines)]).lower()
    score = 0.1 * sum(word in text for word in words) + 0.1 * _share(" ".join(words), video.video_id)
    clips = [i * CLIP_SECONDS for i in range(min(32, int(video.duration // CLIP_SECONDS)))]
    similarity = tuple(
        (start, start + CLIP_SECONDS, score * _share(*words, video.video_id, str(start))) for start in clips
    )
    best = sorted(similarity, key=lambda clip: -clip[2])[:3]
    moments = tuple(Moment(start, min(video.duration, start + 2 * CLIP_SECONDS), value) for start, _, value in best)
    shown = [line.text for line in video.lines if line.start < moments[0].end and line.end > moments[0].start]
    return Hit(1, video, score, 10 * score - 1, moments, similarity, " ".join(shown))


def _share(*of: str) -> float:
    """A number from 0 to 1 that the texts decide."""
    return hashlib.sha256("\n".join(of).encode("utf-8", "surrogatepass")).digest()[0] / 255
