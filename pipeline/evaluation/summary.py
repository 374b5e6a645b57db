"""Selects the numbers that `dvc exp show` shows: those of one split, and warnings about them.

Test: tests/evaluation/test_summary.py.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.models.common.interface import RetrievalModel

MOMENT_KEYS = ("mIoU", "SVMR R@1 IoU=0.5", "VCMR R@1 IoU=0.5")


def reported_split(splits: Mapping[str, Any]) -> str:
    """Choose the split whose numbers are reported: `test` where it has queries, else `val`.

    splits: the splits that were measured. Raises PipelineError where neither is among them.
    """
    for split in ("test", "val"):
        if split in splits:
            return split
    raise PipelineError(
        "neither the test nor the val split has a query whose features are there",
        where="outputs/manifest/queries.jsonl",
        fix="give the data set a test split, or set prepare.test_fraction above 0",
    )


def describe(config: Mapping[str, Any], model: RetrievalModel, prepared: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the model for details.json; config: its configuration, prepared: what prepare.json holds."""
    return {
        **{key: config[key] for key in ("seed", "random_weights")},
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "leaked_test_videos": prepared.get("leaks", {}).get("test_videos", 0),
    }


def headline(details: Mapping[str, Any]) -> dict[str, float]:
    """Collect the numbers of metrics.json, SumR first: those of the reported split, in per cent, 4 decimals.

    details: what details.json holds. There are at most 12 numbers, a column of `dvc exp show` each. `selected on
    reported split` is 1 where the model was selected on the split that is reported, which flatters its numbers. `random
    weights` counts the feature streams whose backbone was never trained. `leaked test videos` counts the test videos
    whose content is in train or val too; where there are any, it takes the place of `val SumR`.
    """
    split = details["splits"][details["reported_split"]]
    retrieval = split["retrieval"]
    numbers = {"SumR": retrieval["SumR"], **retrieval}
    numbers |= {key: split["moments"][key] for key in MOMENT_KEYS} if split["moments"] else {}
    numbers["chance SumR"] = split["chance"]["SumR"]
    leaked = details["leaked_test_videos"]
    if "val" in details["splits"] and not leaked:
        numbers["val SumR"] = details["splits"]["val"]["retrieval"]["SumR"]
    rounded = {key: round(value, 4) for key, value in numbers.items()}
    flag = int(details["reported_split"] == details["selection_split"])
    numbers = {**rounded, "selected on reported split": flag, "random weights": len(details["random_weights"])}
    return {**numbers, **({"leaked test videos": leaked} if leaked else {})}
