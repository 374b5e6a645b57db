"""Stage `index`: encode every video of the manifest that has features once, and gather all that a search needs.

The stage needs no labels and looks at no query. Test: tests/retrieval/test_stage.py.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.core.cli import run
from pipeline.core.files import atomic_folder, read_json
from pipeline.core.manifest import Video, read_videos
from pipeline.core.params import load
from pipeline.core.runtime import device, executor
from pipeline.corpus.corpus import CorpusVideos, videos_in_parts
from pipeline.corpus.params import FeaturesParams
from pipeline.engines.folder import save_engine
from pipeline.engines.params import IndexParams
from pipeline.localizers.common import stored, trained
from pipeline.localizers.common.recipe import TrainedLocalizerRecipe
from pipeline.models.common import checkpoint
from pipeline.ops import keep_memory
from pipeline.retrieval import storage
from pipeline.retrieval.encoding import encode, encode_on_ray
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import VIDEO_BLOCK

MANIFEST, FEATURES, ENCODER = Path("outputs/manifest"), Path("outputs/features"), Path("outputs/text_encoder")
MODEL, LOCALIZER, CHOSEN = Path("outputs/model"), Path("outputs/localizer"), Path("outputs/evaluation/search.json")
OUT = Path("outputs/index")


def main() -> None:
    keep_memory()
    params = load(IndexParams)
    model, config = checkpoint.load(MODEL, device())
    videos, features = read_videos(MANIFEST / "videos.jsonl"), FeaturesParams(**config["features"])
    if executor() == "ray":
        encoded = encode_on_ray(MODEL, FEATURES, videos)
    else:
        parts = videos_in_parts(videos, FEATURES, features, model.recipe, VIDEO_BLOCK)
        encoded = encode(model, parts, device())
    index = Index.join(model, encoded, len(videos), device())
    with atomic_folder(OUT) as folder:
        storage.save(folder, index, config, videos)
        engine = save_engine(folder, index, params.index.engine)
        _save_localizer(folder / "localizer", index.video_ids, videos)
        shutil.copytree(ENCODER, folder / "text")
        shutil.copyfile(MANIFEST / "subtitles.jsonl", folder / "subtitles.jsonl")
        shutil.copyfile(CHOSEN, folder / "search.json")
    missing = len(videos) - len(index.video_ids)
    print(
        f"index: {len(index.video_ids)} videos, {index.times.spans[..., 0].numel()} clips, {index.nbytes / 1e6:.1f} MB"
        + (f"; {missing} videos have no features" if missing else ""),
        file=sys.stderr,
    )
    if engine is not None:
        print(f"index: {engine.says}", file=sys.stderr)


def _save_localizer(folder: Path, video_ids: list[str], videos: list[Video]) -> None:
    config = read_json(LOCALIZER / trained.CONFIG)
    recipe = trained.recipe_of(config)
    parts: Iterator[CorpusVideos] = iter(())
    if isinstance(recipe, TrainedLocalizerRecipe):
        parts = videos_in_parts(videos, FEATURES, FeaturesParams(**config["features"]), recipe, VIDEO_BLOCK)
    stored.save(folder, LOCALIZER, video_ids, parts, device())


if __name__ == "__main__":
    run(main)
