"""What `dvc exp show` and the report say first: one split's numbers, and how far they may be trusted.

Test: tests/evaluation/test_summary.py.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.core.errors import PipelineError

MOMENT_KEYS = ("mIoU", "SVMR R@1 IoU=0.5", "VCMR R@1 IoU=0.5")


def reported_split(splits: Mapping[str, Any]) -> str:
    """`test` where it has queries, else `val`. Raises PipelineError where neither has any."""
    for split in ("test", "val"):
        if split in splits:
            return split
    raise PipelineError(
        "neither the test nor the val split has a query whose features are there",
        where="outputs/manifest/queries.jsonl",
        fix="give the data set a test split, or set prepare.test_fraction above 0",
    )


def headline(details: Mapping[str, Any]) -> dict[str, float]:
    """The flat metrics file, at most 12 numbers, SumR first, of the reported split; per cent, 4 decimals.

    `selected on reported split` is 1 where the reported split also chose the model, so that its numbers flatter;
    `random weights` counts the feature streams whose backbone was never trained. A 13th number, `leaked test videos`,
    is there where the content of so many is in train or val too.
    """
    split = details["splits"][details["reported_split"]]
    retrieval = split["retrieval"]
    numbers = {"SumR": retrieval["SumR"], **retrieval}
    numbers |= {key: split["moments"][key] for key in MOMENT_KEYS} if split["moments"] else {}
    numbers["chance SumR"] = split["chance"]["SumR"]
    if "val" in details["splits"]:
        numbers["val SumR"] = details["splits"]["val"]["retrieval"]["SumR"]
    rounded = {key: round(value, 4) for key, value in numbers.items()}
    flag = int(details["reported_split"] == details["selection_split"])
    numbers = {**rounded, "selected on reported split": flag, "random weights": len(details["random_weights"])}
    return {**numbers, **({"leaked test videos": leaked} if (leaked := details["leaked_test_videos"]) else {})}
