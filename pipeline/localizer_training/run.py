"""Runs the training of a localizer on what the earlier stages wrote, or takes over the one of a reused model.

Test: tests/localizer_training/test_stage.py.
"""

from pathlib import Path
from types import SimpleNamespace

from pipeline.core import runtime
from pipeline.core.files import read_json, write_json
from pipeline.core.manifest import SELECTION_SPLIT
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
from pipeline.localizers.common.recipe import TrainedLocalizerRecipe
from pipeline.models.common import checkpoint
from pipeline.ops import keep_memory
from pipeline.training.curves import Curves
from pipeline.training.resume import state_path

MANIFEST, FEATURES, MODEL = (Path("outputs") / name for name in ("manifest", "features", "model"))
KEPT = {"seed", "shuffle_queries"}


def train_or_take_over(params: SimpleNamespace, recipe: TrainedLocalizerRecipe, curves: Curves, out: Path) -> None:
    """Write the trained localizer into `out`, and the curves of its training.

    params: `dataset`, `model`, `protocol`, `localizer` and `train`. Raises PipelineError where the model was trained
    with others, where the localizer has nothing to learn from, and where the one of a reused model does not fit.
    """
    keep_memory()
    config = {"localizer": params.localizer, "recipe": recipe.model_dump()}
    features = FeaturesParams(**read_json(MODEL / checkpoint.CONFIG)["features"])
    reads = features.reading(localizer_streams())
    own = {"query", *(recipe.subtitles if name == SUBTITLE else name for name in reads.streams)}
    config |= {"features": reads.model_dump(), "provenance": provenances(FEATURES, sorted(own))}
    if reused := read_reused():
        return take_over(reused, config, out)
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
    network.load_state_dict(state.weights)
    trained.save(out, network, config)
    write_json(out / "training.json", numbers)
    state_file.unlink(missing_ok=True)
