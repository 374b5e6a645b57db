"""Stage `localize`: train the chosen localizer on top of the trained retriever, where it is one that is trained.

Of another localizer it writes only what was chosen, and files without content. With `train.reuse` the localizer came
with the model. Test: tests/localizer_training/test_stage.py.
"""

from pathlib import Path

from pipeline.core import runtime
from pipeline.core.cli import run
from pipeline.core.files import read_json, write_json
from pipeline.core.manifest import SELECTION_SPLIT
from pipeline.core.params import load
from pipeline.core.reused import read_reused
from pipeline.corpus.corpus import max_query_tokens
from pipeline.corpus.params import SUBTITLE, FeaturesParams
from pipeline.feature_io.asked import localizer_streams
from pipeline.feature_io.fitting import provenances
from pipeline.localizer_training import show
from pipeline.localizer_training.loop import LocalizerState
from pipeline.localizer_training.reuse import take_over
from pipeline.localizer_training.train import load_split, shuffled, sizes_of, start, train
from pipeline.localizers.common import trained
from pipeline.localizers.common.recipe import LOCALIZERS, TrainedLocalizerRecipe
from pipeline.models.common import checkpoint
from pipeline.ops import keep_memory
from pipeline.training.curves import Curves
from pipeline.training.params import TrainParams
from pipeline.training.resume import state_path

MANIFEST, FEATURES, MODEL, OUT = (Path("outputs") / name for name in ("manifest", "features", "model", "localizer"))
CURVES, KEPT = Path("outputs/localization"), {"seed", "shuffle_queries"}


def main() -> None:
    keep_memory()
    params = load("dataset", "model", "protocol", "localizer", TrainParams)
    recipe, curves = LOCALIZERS.read_chosen(), Curves(CURVES, show.CURVES, show.points)
    config = {"localizer": params.localizer, "recipe": recipe.model_dump()}
    if isinstance(recipe, TrainedLocalizerRecipe):
        features = FeaturesParams(**read_json(MODEL / checkpoint.CONFIG)["features"])
        reads = features.reading(localizer_streams())
        own = {"query", *(recipe.subtitles if name == SUBTITLE else name for name in reads.streams)}
        config |= {"features": reads.model_dump(), "provenance": provenances(FEATURES, sorted(own))}
    if (reused := read_reused()) or not isinstance(recipe, TrainedLocalizerRecipe):
        take_over(reused, config, OUT)
        curves.end()
        return
    device, seed = runtime.device(), params.train.seed
    model, of_model = checkpoint.load(MODEL, device)
    asked_for = {name: getattr(params, name) for name in ("dataset", "model", "protocol")}
    checkpoint.check_trained_with(of_model, asked_for, MODEL)
    training, selection = (
        load_split(MANIFEST, FEATURES, split, (features, reads), (model.recipe, recipe))
        for split in ("train", SELECTION_SPLIT[params.protocol])
    )
    if params.train.shuffle_queries:
        training = training._replace(localizer=shuffled(training.localizer, seed))
    corpus = training.localizer
    config |= {**sizes_of(corpus, max_query_tokens(FEATURES)), **params.train.model_dump(include=KEPT)}
    network = trained.build(params.localizer, recipe, config)
    start(network, reads, corpus, seed)
    read = [FEATURES / f"{name}.h5" for name in sorted({*features.streams, *own})]
    inputs = [MANIFEST / "videos.jsonl", MANIFEST / "queries.jsonl", MODEL / checkpoint.WEIGHTS, *read]
    state_file = state_path(inputs, {**config, "retriever": of_model}, device)

    def on_epoch(state: LocalizerState) -> None:
        curves(state.history)
        show.progress(state, recipe.epochs)

    state, numbers = train(network, model, training, selection, seed, device, state_file, on_epoch)
    curves.end()
    network.load_state_dict(state.weights)
    trained.save(OUT, network, config)
    write_json(OUT / "training.json", numbers)
    state_file.unlink(missing_ok=True)


if __name__ == "__main__":
    run(main)
