"""The flat metrics file: few numbers, SumR first, and the two flags that say how far to trust them."""

from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_yaml
from pipeline.evaluation.summary import headline, reported_split

ROOT = Path(__file__).resolve().parents[2]
RETRIEVAL = {"R@1": 10.123456, "R@5": 20.0, "R@10": 30.0, "R@100": 100.0, "SumR": 160.123456}
MOMENTS = {f"{task} R@1 IoU={t}": 1.0 for task in ("SVMR", "VCMR") for t in (0.3, 0.5, 0.7)} | {"mIoU": 22.0}


def details(reported="test", selection="val", moments=MOMENTS, splits=("val", "test")):
    split = {"retrieval": RETRIEVAL, "chance": {"SumR": 41.4, "SumR deviation": 5.0}, "moments": moments}
    return {
        "reported_split": reported,
        "selection_split": selection,
        "random_weights": ["resnet", "slowfast"],
        "leaked_test_videos": 0,
        "splits": {name: split for name in splits},
    }


def test_few_numbers_and_sum_first():
    numbers = headline(details())
    assert list(numbers)[:5] == ["SumR", "R@1", "R@5", "R@10", "R@100"]
    assert all(isinstance(value, int | float) for value in numbers.values())
    assert numbers["R@1"] == 10.1235
    assert {"mIoU", "SVMR R@1 IoU=0.5", "VCMR R@1 IoU=0.5", "chance SumR", "val SumR"} <= set(numbers)
    assert numbers["random weights"] == 2


@pytest.mark.parametrize(
    ("reported", "selection", "flag"), [("test", "val", 0), ("test", "test", 1), ("val", "val", 1)]
)
def test_the_split_that_chose_the_model_is_flagged(reported, selection, flag):
    assert headline(details(reported, selection))["selected on reported split"] == flag


def test_dvc_exp_show_has_at_most_12_columns_of_metrics():
    """The fullest case has moments, both splits and a leak; the file of the costs is no metric of DVC."""
    fullest = {**details(), "leaked_test_videos": 3}
    assert "leaked test videos" in headline(fullest) and len(headline(fullest)) == 12
    declared = read_yaml(ROOT / "dvc.yaml", absent="")
    assert declared["metrics"] == ["outputs/evaluation/metrics.json"]
    assert not any("metrics" in stage for stage in declared["stages"].values())


def test_a_leak_is_counted_and_no_leak_takes_no_column():
    assert "leaked test videos" not in headline(details())
    assert headline({**details(), "leaked_test_videos": 3})["leaked test videos"] == 3


def test_without_spans_no_moment_metric_is_invented():
    assert not [key for key in headline(details(moments=None)) if "IoU" in key]


def test_test_is_reported_else_val():
    assert reported_split({"val": {}, "test": {}}) == "test"
    assert reported_split({"val": {}}) == "val"
    with pytest.raises(PipelineError, match="neither"):
        reported_split({})
