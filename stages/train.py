"""Stage `train`: train the chosen model on the training split; the selection split decides which epoch is kept.

Nothing is trained with `train.reuse`, and of a model that needs no training. Test: tests/training/test_stage.py.
"""

from functools import partial
from pathlib import Path

from pipeline.core import runtime
from pipeline.core.cli import run
from pipeline.core.files import write_json
from pipeline.core.manifest import SELECTION_SPLIT
from pipeline.core.params import load
from pipeline.core.reused import read_reused
from pipeline.corpus.corpus import load_corpus, max_query_tokens, most_rows
from pipeline.corpus.params import FeaturesParams
from pipeline.feature_io.asked import streams_in_order
from pipeline.feature_io.fitting import provenances
from pipeline.feature_io.hdf5 import has_random_weights
from pipeline.models.common import checkpoint
from pipeline.models.common.recipe_file import MODELS
from pipeline.ops import keep_memory
from pipeline.training import show
from pipeline.training.curves import Curves
from pipeline.training.loop import TrainingState
from pipeline.training.params import TrainParams
from pipeline.training.resume import state_path
from pipeline.training.reuse import reuse_model
from pipeline.training.sizes import sizes_of
from pipeline.training.train import initial_model, labels_of, numbers, train
from pipeline.training.untrained import have_queries, write_untrained

MANIFEST, FEATURES, MODEL, CURVES = (Path("outputs") / name for name in ("manifest", "features", "model", "training"))


def main() -> None:
    keep_memory()
    params = load("dataset", "model", "protocol", FeaturesParams, TrainParams)
    recipe, seed = MODELS.read_chosen(), params.train.seed
    features, device = params.features.reading(streams_in_order()), runtime.device()
    read, curves = (*features.streams, "query"), Curves(CURVES, show.CURVES, show.points)
    asked_for = {name: getattr(params, name) for name in ("model", "protocol", "dataset")}
    asked_for |= {"features": features.model_dump(), "provenance": provenances(FEATURES, read)}
    rows, splits = partial(most_rows, MANIFEST, FEATURES, features, recipe), ("train", SELECTION_SPLIT[params.protocol])
    if reused := read_reused():
        reuse_model(reused, asked_for, FEATURES, rows, MODEL)
        return curves.end()
    recipe = recipe.with_room_for(rows)
    config = {
        **asked_for,
        **sizes_of(FEATURES, features, recipe),
        "max_query_tokens": max_query_tokens(FEATURES),
        "recipe": recipe.model_dump(),
        **params.train.model_dump(include={"seed", "shuffle_queries"}),
        "random_weights": [name for name in read if has_random_weights(FEATURES / f"{name}.h5")],
    }
    if not recipe.fitted and not have_queries(MANIFEST, splits):
        write_untrained(config, recipe, MODEL)
        return curves.end()
    corpus, selection = (load_corpus(MANIFEST, FEATURES, split, features, recipe) for split in splits)
    labels = labels_of(corpus, params.train)
    model, baselines = initial_model(params.model, recipe, features, corpus, labels, config["max_query_tokens"], seed)
    inputs = [MANIFEST / "videos.jsonl", MANIFEST / "queries.jsonl", *(FEATURES / f"{name}.h5" for name in read)]
    state_file = state_path(inputs, config, device)
    lines = show.EpochLines(getattr(recipe, "epochs", 0))

    def on_epoch(now: TrainingState) -> None:
        curves(now.history)
        lines(now)

    trained = train(model, baselines, corpus, labels, selection, seed, device, state_file, on_epoch)
    curves.end()
    lines.end(trained)
    model.load_state_dict(trained.weights)
    checkpoint.save(MODEL, model, config)
    write_json(MODEL / "training.json", numbers(trained, model, corpus, selection))
    state_file.unlink(missing_ok=True)


if __name__ == "__main__":
    run(main)
