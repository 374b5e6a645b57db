"""Shows how far an extraction is and how fast, what it will take and what failed, and makes the stage's metrics.

Test: tests/extraction/test_progress.py.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pipeline.core.accepted import NAME
from pipeline.core.amounts import hours
from pipeline.core.manifest import Video
from pipeline.core.progress import Progress
from pipeline.core.stage_log import only_log, say
from pipeline.extraction.estimate import FIRST_VIDEOS, estimate
from pipeline.extraction.extract import Failure, Outcome
from pipeline.extraction.stream import Stream
from pipeline.feature_io.store import Store
from pipeline.video.decode import DECODERS


class ExtractionProgress(Progress):
    """Counts the outcomes of an extraction of the videos in `missing`, of all `videos`.

    accepted: the share of the videos that may fail, as it is when the work begins. `writing` is the time spent on
    writing the feature file, in seconds; the caller adds to it.
    """

    def __init__(self, stream: Stream, store: Store, videos: list[Video], missing: list[Video], accepted: float):
        super().__init__(stream.name, len(videos), "video", reused=len(videos) - len(missing))
        self.writing = 0.0
        self._stream, self._store, self._videos, self._accepted = stream, store, videos, accepted
        self._to_do(missing)
        self._first: list[Video] = []
        self._began = 0.0
        self._decoded = self._clips = 0
        self._video_seconds = self._decode = self._forward = 0.0
        if missing:
            length = hours(self._left_seconds)
            say(f"{stream.name}: {len(missing):,} videos ({length}) to extract, {self.reused:,} are reused")

    def _to_do(self, videos: list[Video]) -> None:
        self._left = {video.video_id: video for video in videos}
        self._left_seconds = sum(video.duration for video in videos)

    def again(self, damaged: list[Video]) -> None:
        """Count these videos, whose entries turned out to be damaged, as not yet done."""
        self._to_do(damaged)
        self.reused -= len(damaged)
        self.done -= len(damaged)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome, and say what there is to say of it."""
        video = self._left.pop(outcome.video_id)
        self._left_seconds -= video.duration
        self._decode += outcome.seconds.decode
        self._forward += outcome.seconds.forward
        if outcome.decoded:
            assert outcome.attributes is not None
            if not self._decoded:  # what was before this video went to building the network
                self._began = max(0.0, self.seconds - outcome.seconds.decode - outcome.seconds.forward)
            self._decoded += 1
            self._clips += outcome.attributes["clips"]
            self._video_seconds += outcome.attributes["duration"]
            self._estimate(video, outcome.seconds.decode + outcome.seconds.forward)
        self.advance(failed=outcome.failure is not None)
        if outcome.failure:
            self._tell(outcome.failure)

    def _estimate(self, video: Video, own: float) -> None:
        """Say once what the rest will take.

        own: the seconds of this video. While it is the last of the first videos, they bound what all of these would
        have taken without the start of the workers, each of which builds a network within its first video.
        """
        if len(self._first) == FIRST_VIDEOS:
            return
        self._first.append(video)
        if len(self._first) == FIRST_VIDEOS:
            played = sum(first.duration for first in self._first)
            seconds = min(self._working, own * played / max(video.duration, 1e-9))
            left = list(self._left.values())
            if line := estimate(self._stream, self._store, self._first, seconds, left, self._videos):
                say(line)

    def _tell(self, failure: Failure) -> None:
        """Say that a video failed: of the first ones each, then at 8, 16, 32 and so on; the log has all with causes."""
        only_log(f"{self.name}: {failure.video_id} failed: {failure.cause}")
        if self.failed < 4 or self.failed.bit_count() == 1:
            say(f"{self.name}: {failure.video_id} failed; {self.failed:,} of {self.total:,} videos failed so far")
        if self.failed > self._accepted * self.total >= self.failed - 1:
            say(
                f"{self.name}: that is more than `{NAME}: {self._accepted:g}` accepts, so that the stage will fail at "
                f"its end; it goes on, what it extracts is kept, and {NAME} can be raised in params.yaml meanwhile"
            )

    def speed(self) -> str:
        return f"{self._clips_per_second:.1f} clips/s, {self._times_real_time:.1f} x real time"

    def seconds_left(self) -> float | None:
        return self._working * self._left_seconds / self._video_seconds if self._video_seconds else None

    @property
    def _working(self) -> float:
        return self.seconds - self._began

    @property
    def _clips_per_second(self) -> float:
        return self._clips / max(self.seconds, 1e-9)

    @property
    def _times_real_time(self) -> float:
        return self._video_seconds / max(self.seconds, 1e-9)

    def metrics(
        self,
        known: Mapping[str, Mapping[str, Any]],
        failures: list[Failure],
    ) -> dict[str, Any]:
        """Return the content of <stream>.json.

        known: the attributes in the store of every video that has features, by video id.

        The speeds count only the videos that this run decoded, and are 0 where it decoded none. `other_durations`
        names the videos whose decoded length differs from the manifest's by more than half a clip: their rows and
        their annotations do not share one clock.
        """
        half_a_clip = self._stream.provenance["clip_seconds"] / 2
        readers = [entry["decoder"] for entry in known.values()]
        return {
            "videos": len(known),
            "clips": sum(entry["clips"] for entry in known.values()),
            "decoded": self._decoded,
            "reused": len(known) - self._decoded,
            "failed": len(failures),
            "video_seconds": round(sum(entry["duration"] for entry in known.values()), 1),
            "seconds": {
                "decode": round(self._decode, 2),
                "forward": round(self._forward, 2),
                "packing": round(self.writing, 2),
                "total": round(self.seconds + self.writing, 2),
            },
            "clips_per_second": round(self._clips_per_second, 2),
            "times_real_time": round(self._times_real_time, 2),
            "weights": self._stream.provenance["weights"],
            "decoders": {name: readers.count(name) for name in DECODERS},
            "devices": dict(sorted(Counter(entry["device"] for entry in known.values()).items())),
            "other_durations": [
                {"video_id": video.video_id, "manifest": video.duration, "decoded": known[video.video_id]["duration"]}
                for video in self._videos
                if video.video_id in known and abs(video.duration - known[video.video_id]["duration"]) > half_a_clip
            ],
            "recipe": self._stream.provenance,
            "failures": [asdict(failure) for failure in failures],
        }

    def summary(self, metrics: Mapping[str, Any]) -> str:
        """Return the line that ends the stage's output."""
        line = (
            f"{self.name}: {metrics['videos']} videos, {metrics['clips']} clips; {metrics['decoded']} decoded, "
            f"{metrics['reused']} reused, {metrics['failed']} failed; {metrics['seconds']['total']:.1f} s, "
            f"{metrics['clips_per_second']:.1f} clips/s, {metrics['times_real_time']:.1f} x real time"
        )
        if others := len(metrics["other_durations"]):
            are = "video is" if others == 1 else "videos are"
            line += f"; {others} {are} longer or shorter than the manifest says, by more than half a clip"
        if len(metrics["devices"]) > 1:
            kinds = " and ".join(f"{count} on {name}" for name, count in metrics["devices"].items())
            line += f"; features were computed {kinds}, which differ by rounding"
        return line
