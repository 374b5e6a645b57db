"""Compares recipes on folds of the training and validation videos; the test split is not used.

    python -m experiments.folds -S model=ms_sl -S recipes/ms_sl.yaml:pack.learning_rate=1e-4

It reads the manifest and the features that `dvc repro` wrote into outputs/. For each fold it holds out 30 % of the
videos, trains on the others as params.yaml, the recipe and `-S` say, and prints the SumR of the best epoch on the
videos held out; with a localizer that is trained, `-S localizer=prem`, the mIoU of its spans. 300 such videos tell
recipes apart that a validation split of 100 videos does not. Test: tests/experiments/test_folds.py.
"""

import argparse
import random
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from ruamel.yaml import YAML

from experiments.settings import PARAMS, changed, read_settings, write_settings
from pipeline.core import runtime
from pipeline.core.cli import run
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import read_queries, read_videos, write_queries, write_videos
from pipeline.core.params import load
from pipeline.corpus.corpus import load_corpus, max_query_tokens
from pipeline.corpus.params import FeaturesParams
from pipeline.localizer_training.train import load_split, sizes_of, start
from pipeline.localizer_training.train import train as train_localizer
from pipeline.localizers.common import trained
from pipeline.localizers.common.recipe import LOCALIZERS, TrainedLocalizerRecipe
from pipeline.models.common.interface import RetrievalModel
from pipeline.models.common.recipe_file import FOLDER as RECIPES
from pipeline.models.common.recipe_file import MODELS
from pipeline.ops import keep_memory
from pipeline.settings.streams import asked_for
from pipeline.training.loop import TrainingState
from pipeline.training.params import TrainParams
from pipeline.training.train import initial_model, train

MANIFEST, FEATURES = Path("outputs/manifest"), Path("outputs/features")
HELD_OUT, SEED = 0.3, 0  # share of the videos; seed of the draw


def main() -> None:
    keep_memory()
    parser = argparse.ArgumentParser(prog="python -m experiments.folds", description=__doc__.splitlines()[0])
    parser.add_argument(
        "-S",
        dest="changes",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="change a parameter, as with `dvc exp run -S`",
    )
    parser.add_argument("--folds", type=int, choices=(1, 2, 3), default=2, help="how many folds (default: %(default)s)")
    options = parser.parse_args()
    changes = dict(_change(text) for text in options.changes)
    name, on_fold = ("SVMR mIoU", localized_on) if _trains_localizer(changes) else ("SumR", trained_on)
    found = []
    for fold in range(options.folds):
        value, epoch, epochs = on_fold(fold, changes)
        found.append(value)
        print(f"fold {fold}: {name} {value:.1f} (epoch {epoch} of {epochs})", flush=True)
    print(f"mean: {name} {statistics.mean(found):.1f}")


Best = tuple[float, int, int]
"""The best epoch on the videos that a fold holds out: its figure, its number, and how many epochs there were."""


def trained_on(fold: int, changes: dict[str, object]) -> Best:
    """Train a retriever on a fold, 0 to 2, with some parameters changed; its figure is SumR.

    changes: values by the names of `dvc exp run -S`.
    """
    with _fold(fold, changes) as (root, params):
        _, _, state = _retriever(root, params)
    return state.best["recall"]["SumR"], state.best["epoch"], state.history[-1]["epoch"]


def localized_on(fold: int, changes: dict[str, object]) -> Best:
    """Do the same with a localizer on top of the retriever; its figure is the mIoU within each query's own video."""
    with _fold(fold, changes) as (root, params):
        features, model, of_retriever = _retriever(root, params)
        model.load_state_dict(of_retriever.weights)
        model.eval()
        recipe = LOCALIZERS.load(params.localizer, params.localizer_recipe, params.dataset, root / RECIPES)
        assert isinstance(recipe, TrainedLocalizerRecipe)
        reads, seed = _read_by(params, recipe.modalities), params.train.seed
        training, selection = (
            load_split(root, FEATURES, split, (features, reads), (model.recipe, recipe)) for split in ("train", "val")
        )
        sizes = sizes_of(training.localizer, max_query_tokens(FEATURES))
        network = trained.build(params.localizer, recipe, sizes)
        start(network, reads, training.localizer, seed)
        file, device = root / "localizer.pt", runtime.device()
        state, _ = train_localizer(network, model, training, selection, seed, device, file, lambda now: None)
    return state.best["selection"]["SVMR mIoU"], state.best["epoch"], state.history[-1]["epoch"]


@contextmanager
def _fold(fold: int, changes: dict[str, object]) -> Iterator[tuple[Path, SimpleNamespace]]:
    """Yield a folder with the changed settings and with the manifest of a fold, and the parameters."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_settings(changed(read_settings(), changes), root)
        split_anew(fold, root)
        names = ("dataset", "model", "recipe", "localizer", "localizer_recipe")
        yield root, load(*names, FeaturesParams, TrainParams, path=root / PARAMS)


def _retriever(root: Path, params: SimpleNamespace) -> tuple[FeaturesParams, RetrievalModel, TrainingState]:
    """Train the retriever; returns what it reads, the model with its last weights, and the state of training."""
    recipe = MODELS.load(params.model, params.recipe, params.dataset, root / RECIPES)
    features = _read_by(params, recipe.modalities)
    corpus, selection = (load_corpus(root, FEATURES, split, features, recipe) for split in ("train", "val"))
    seed, tokens, device = params.train.seed, max_query_tokens(FEATURES), runtime.device()
    model, baselines = initial_model(params.model, recipe, features, corpus, corpus.labels, tokens, seed)
    file = root / "state.pt"
    state = train(model, baselines, corpus, corpus.labels, selection, seed, device, file, lambda now: None)
    return features, model, state


def _read_by(params: SimpleNamespace, modalities: Sequence[str]) -> FeaturesParams:
    return params.features.reading(asked_for(params.features.streams, params.dataset, modalities))


def _trains_localizer(changes: dict[str, object]) -> bool:
    return LOCALIZERS.schema(changed(read_settings(), changes)[PARAMS]["localizer"]).fitted


def split_anew(fold: int, folder: Path) -> None:
    """Write a manifest of the videos of train and val into `folder`; val is what the fold holds out, train the rest."""
    videos = [video for video in read_videos(MANIFEST / "videos.jsonl") if "test" not in video.splits]
    held = held_out([video.video_id for video in videos], fold)
    split = {video.video_id: "val" if video.video_id in held else "train" for video in videos}
    queries = [query for query in read_queries(MANIFEST / "queries.jsonl") if query.video_id in split]
    write_videos(folder / "videos.jsonl", [replace(video, splits=(split[video.video_id],)) for video in videos])
    write_queries(folder / "queries.jsonl", [replace(query, split=split[query.video_id]) for query in queries])


def held_out(video_ids: list[str], fold: int) -> set[str]:
    """Choose the videos that fold 0, 1 or 2 holds out; no video is held out by two of them."""
    drawn, size = sorted(video_ids), int(HELD_OUT * len(video_ids))
    random.Random(SEED).shuffle(drawn)
    return set(drawn[fold * size : (fold + 1) * size])


def _change(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise PipelineError(f"`{text}` names no value", where="-S", fix="write -S name=value")
    return name, YAML(typ="safe").load(value)


if __name__ == "__main__":
    run(main)
