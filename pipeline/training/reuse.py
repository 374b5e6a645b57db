"""Takes over a model that was trained in another project, once it is sure that this run makes what it was trained on.

Test: tests/training/test_reuse.py.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.core.reused import CONFIG, WEIGHTS, Reused
from pipeline.corpus.params import FeaturesParams
from pipeline.feature_io.fitting import Facts, facts, refuse_differences
from pipeline.models.common import checkpoint
from pipeline.models.common.interface import RetrievalModel
from pipeline.training.sizes import sizes_of

HERE = ("dataset", "protocol")
"""What the configuration says of this run; what it said of the one that trained the model is kept under `reused`."""


def reuse_model(
    reused: Reused, config: Mapping[str, Any], features_folder: Path, rows: Callable[[], int], out: Path
) -> None:
    """Write the reused model into `out` as training does, with its own recipe and weights.

    config: what this run would train a model with: at least `model`, `dataset`, `protocol`, `features` and
    `provenance`. rows: see Recipe.with_room_for. Raises PipelineError where that is not what the model was trained
    with, and where its files are damaged.
    """
    there = read_json(reused.folder / CONFIG)
    model = open_reused(reused)
    sizes = sizes_of(features_folder, FeaturesParams(**config["features"]), model.recipe)
    refuse_differences(reused, _facts(there, reused), _facts({**config, **sizes}, reused))
    reused.copy(WEIGHTS, out / checkpoint.WEIGHTS)
    first = there.get("reused", there)
    origin = {"path": reused.named, **{name: first[name] for name in HERE}}
    own = {"recipe": model.recipe.with_room_for(rows).model_dump(), **{name: config[name] for name in HERE}}
    write_json(out / checkpoint.CONFIG, {**there, **own, "reused": origin})
    parameters = sum(parameter.numel() for parameter in model.parameters())
    write_json(out / "training.json", {"parameters": parameters, "seconds": 0.0})
    print(f"train: the model of {reused.folder} is reused, nothing is trained", file=sys.stderr)


def open_reused(reused: Reused) -> RetrievalModel:
    """Open the model; raises PipelineError where its files are not those of a model that this program knows."""
    try:
        return checkpoint.load(reused.folder)[0]
    except PipelineError as error:
        cause, where = error.cause, error.where
    except (KeyError, TypeError, ValueError):
        cause, where = "it does not describe a model that this program knows", reused.folder / CONFIG
    raise PipelineError(cause, where=where, fix="copy the whole folder anew from where the model was trained")


def _facts(config: Mapping[str, Any], reused: Reused) -> Facts:
    sizes = {name: config[name] for name in ("video_size", "subtitle_size", "query_size")}
    of_model = {"model": config["model"], "features.normalize": config["features"]["normalize"]}
    return {**of_model, **facts(config, reused), **sizes}
