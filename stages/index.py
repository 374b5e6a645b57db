"""Stage `index`: encode every video of the manifest that has features once, with the trained model, for searches.

The stage needs no labels and looks at no query. Test: tests/retrieval/test_stage.py.
"""

import sys
from pathlib import Path

from pipeline.core.cli import run
from pipeline.core.manifest import read_videos
from pipeline.core.runtime import device
from pipeline.corpus.corpus import videos_in_parts
from pipeline.corpus.params import FeaturesParams
from pipeline.models.common import checkpoint
from pipeline.ops import keep_memory
from pipeline.retrieval import storage
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import VIDEO_BLOCK

MANIFEST, FEATURES = Path("outputs/manifest"), Path("outputs/features")
MODEL, OUT = Path("outputs/model"), Path("outputs/index")


def main() -> None:
    keep_memory()
    model, config = checkpoint.load(MODEL, device())
    videos, features = read_videos(MANIFEST / "videos.jsonl"), FeaturesParams(**config["features"])
    parts = videos_in_parts(videos, FEATURES, features, model.recipe, VIDEO_BLOCK)
    index = Index.build_in_parts(model, parts, len(videos), device())
    storage.save(OUT, index, config, videos)
    missing = len(videos) - len(index.video_ids)
    print(
        f"index: {len(index.video_ids)} videos, {index.times.spans[..., 0].numel()} clips, {index.nbytes / 1e6:.1f} MB"
        + (f"; {missing} videos have no features" if missing else ""),
        file=sys.stderr,
    )


if __name__ == "__main__":
    run(main)
