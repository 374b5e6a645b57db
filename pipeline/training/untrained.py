"""Writes a model that needs no training, where there are no queries to rank with it.

Test: tests/training/test_untrained.py.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.files import write_json
from pipeline.core.manifest import read_queries
from pipeline.core.recipe import Recipe
from pipeline.models.common import checkpoint
from pipeline.models.common.blocks import initialize
from pipeline.models.common.registry import build
from pipeline.training.batches import derived_seed


def have_queries(manifest: Path, splits: tuple[str, ...]) -> bool:
    """Tell whether every one of these splits has a query."""
    return set(splits) <= {query.split for query in read_queries(manifest / "queries.jsonl")}


def write_untrained(config: Mapping[str, Any], recipe: Recipe, out: Path) -> None:
    """Write the model into `out` as training does, as it is before any training.

    config: what `checkpoint.save` takes, and `seed`. Raises PipelineError where no video has features.
    """
    if not config["video_size"]:
        fix = "look at the failures in the .json files beside the features"
        raise PipelineError("no video has features", where="outputs/features", fix=fix)
    sizes = config["video_size"], config["query_size"]
    model = build(config["model"], *sizes, recipe, config["max_query_tokens"], config["subtitle_size"])
    initialize(model, derived_seed(config["seed"], "weights"))
    checkpoint.save(out, model, dict(config))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    write_json(out / "training.json", {"parameters": parameters, "seconds": 0.0})
    print(f"train: {config['model']} needs no training, and there are no queries to rank with it", file=sys.stderr)
