"""What the stages `slowfast` and `resnet` share: manifest in, feature file out. Test: tests/packs/test_stages.py."""

from collections.abc import Callable
from pathlib import Path

from pipeline.core.manifest import read_videos
from pipeline.extraction.run import run
from pipeline.extraction.stream import Stream
from pipeline.feature_io.unused import write_unused

FEATURES = Path("outputs/features")


def run_stage(name: str, build: Callable[[], Stream], max_failed_fraction: float) -> None:
    """Extract every video of the manifest; the stream is built, its weights looked for, only where one has a file."""
    videos = read_videos("outputs/manifest/videos.jsonl")
    if any(video.path for video in videos):
        run(build(), videos, FEATURES, max_failed_fraction)
    else:
        write_unused(FEATURES, name, "no video has a file: the features come from a feature pack")
