"""What the stages of all visual streams share: they read the manifest and write a feature file.

Tests: tests/packs/test_stages.py, tests/core/test_starts_without_torch.py.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.manifest import read_videos
from pipeline.feature_io.asked import NOT_ASKED, is_asked_for
from pipeline.feature_io.unused import write_unused

if TYPE_CHECKING:
    from pipeline.extraction.stream import Stream

FEATURES = Path("outputs/features")


def run_stage(name: str, build: "Callable[[], Stream]") -> None:
    """Extract every video of the manifest with the stream `name` and write its feature file.

    `build` makes the stream, which loads torch and looks for its weights; it is called only where the stream is asked
    for.
    """
    if is_asked_for(name):
        from pipeline.extraction.run import run

        run(build(), read_videos("outputs/manifest/videos.jsonl"), FEATURES)
    else:
        write_unused(FEATURES, name, NOT_ASKED)
