"""The curves of a localizer's training, and their points. Test: tests/localizer_training/test_show.py."""

from pipeline.training.curves import Record

CURVES = ("train/loss", "selection/SVMR", "selection/VCMR")
"""The loss, and the mIoU of first answers on the selection split, as SVMR and as VCMR."""


def points(record: Record) -> dict[str, float]:
    """Read the points of the CURVES from the record of an epoch."""
    selection = record["selection"]
    return {
        "train/loss": record["loss"]["total"],
        **{f"selection/{task}": selection[f"{task} mIoU"] for task in ("SVMR", "VCMR")},
    }
