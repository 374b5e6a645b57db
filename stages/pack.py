"""Stage `pack`: import the video features of a published feature pack into outputs/features/pack.h5, (T, D) a video.

For every other data set the file is empty. Test: tests/packs/test_stages.py.
"""

import sys
from pathlib import Path

from pipeline.core.cli import run
from pipeline.core.files import write_json
from pipeline.core.manifest import read_videos
from pipeline.feature_io.asked import NOT_ASKED, is_asked_for
from pipeline.feature_io.unused import write_unused
from pipeline.packs.description import read_pack
from pipeline.packs.importing import import_videos

FEATURES = Path("outputs/features")


def main() -> None:
    published = read_pack("outputs/manifest/pack.json")
    if published is None or not is_asked_for("pack"):
        write_unused(FEATURES, "pack", NOT_ASKED)
        return
    metrics = import_videos(published, read_videos("outputs/manifest/videos.jsonl"), FEATURES / "pack.h5")
    write_json(FEATURES / "pack.json", metrics)
    print("pack: {imported} videos imported, {clips} rows; {seconds} s".format(**metrics), file=sys.stderr)


if __name__ == "__main__":
    run(main)
