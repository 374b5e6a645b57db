"""Shows how far an extraction is and how fast: a bar on a terminal, one line at the end, and the stage's metrics."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tqdm import tqdm

from pipeline.core.manifest import Video
from pipeline.extraction.extract import Failure, Outcome
from pipeline.extraction.stream import Stream
from pipeline.video.decode import DECODERS


class Progress:
    """Counts the outcomes of an extraction of the videos in `missing`.

    It is a context manager around that extraction. A second `with` goes on counting where the first one ended.
    `writing` is the time spent on writing the feature file, in seconds; the caller adds to it.
    """

    def __init__(self, stream: str, missing: list[Video]):
        self.writing = 0.0
        self._stream, self._missing = stream, len(missing)
        self._decoded = self._clips = 0
        self._video_seconds = self._decode = self._forward = self._elapsed = 0.0

    def __enter__(self) -> "Progress":
        self._started = time.perf_counter() - self._elapsed
        self._bar = tqdm(total=self._missing, desc=self._stream, unit="video", disable=None if self._missing else True)
        return self

    def __exit__(self, *_: object) -> None:
        self._elapsed = time.perf_counter() - self._started
        self._bar.close()

    def add(self, outcome: Outcome) -> None:
        """Count one outcome and move the bar."""
        self._decode += outcome.seconds.decode
        self._forward += outcome.seconds.forward
        if outcome.decoded:
            assert outcome.attributes is not None
            self._decoded += 1
            self._clips += outcome.attributes["clips"]
            self._video_seconds += outcome.attributes["duration"]
        self._elapsed = time.perf_counter() - self._started
        self._bar.set_postfix_str(f"{self._clips_per_second:.1f} clips/s, {self._times_real_time:.1f} x real time")
        self._bar.update()

    @property
    def _clips_per_second(self) -> float:
        return self._clips / max(self._elapsed, 1e-9)

    @property
    def _times_real_time(self) -> float:
        return self._video_seconds / max(self._elapsed, 1e-9)

    def metrics(
        self,
        stream: Stream,
        videos: Sequence[Video],
        known: Mapping[str, Mapping[str, Any]],
        failures: list[Failure],
    ) -> dict[str, Any]:
        """Return the content of <stream>.json.

        known: the attributes in the store of every video that has features, by video id.

        The speeds count only the videos that this run decoded, and are 0 where it decoded none. `other_durations`
        names the videos whose decoded length differs from the manifest's by more than half a clip: their rows and
        their annotations do not share one clock.
        """
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
                "total": round(self._elapsed + self.writing, 2),
            },
            "clips_per_second": round(self._clips_per_second, 2),
            "times_real_time": round(self._times_real_time, 2),
            "weights": stream.provenance["weights"],
            "decoders": {name: readers.count(name) for name in DECODERS},
            "devices": dict(sorted(Counter(entry["device"] for entry in known.values()).items())),
            "other_durations": [
                {"video_id": video.video_id, "manifest": video.duration, "decoded": known[video.video_id]["duration"]}
                for video in videos
                if video.video_id in known
                and abs(video.duration - known[video.video_id]["duration"]) > stream.provenance["clip_seconds"] / 2
            ],
            "recipe": stream.provenance,
            "failures": [asdict(failure) for failure in failures],
        }

    def summary(self, metrics: Mapping[str, Any]) -> str:
        """Return the line that ends the stage's output."""
        line = (
            f"{self._stream}: {metrics['videos']} videos, {metrics['clips']} clips; {metrics['decoded']} decoded, "
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
