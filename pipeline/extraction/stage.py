"""What the stages of all visual streams share: manifest in, feature file out. Test: tests/packs/test_stages.py."""

from collections.abc import Callable
from pathlib import Path

from pipeline.core.manifest import read_videos
from pipeline.extraction.run import run
from pipeline.extraction.stream import Stream
from pipeline.feature_io.asked import NOT_ASKED, is_asked_for
from pipeline.feature_io.unused import write_unused

FEATURES = Path("outputs/features")


def run_stage(name: str, build: Callable[[], Stream], max_failed_fraction: float) -> None:
    """Extract every video of the manifest where the stream is asked for; only then it is built, with its weights."""
    if is_asked_for(name):
        run(build(), read_videos("outputs/manifest/videos.jsonl"), FEATURES, max_failed_fraction)
    else:
        write_unused(FEATURES, name, NOT_ASKED)
