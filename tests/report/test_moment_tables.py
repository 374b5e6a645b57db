"""Which number stands in which row and column of the tables of moments."""

import pytest

from pipeline.report.moment_tables import by_type, errors, tasks
from pipeline.report.moments import constants


@pytest.fixture
def split(details):
    return details["splits"]["test"]


def test_every_task_and_threshold_is_a_row_and_what_knows_nothing_stands_beside(split, details):
    rows = tasks(split, constants(split, details["answer"]))
    thresholds = [f"{task}, IoU {threshold}" for task in ("SVMR", "VCMR") for threshold in (0.3, 0.5, 0.7)]
    assert [row["name"] for row in rows] == ["VR", *thresholds, "mIoU"]
    assert rows[0]["values"] == [1, 2, 3, 4] and rows[0]["beside"] == [None, None]
    assert rows[2]["values"] == [14, 15, 16, 17] and rows[6]["values"] == [38, 39, 40, 41]
    whole = split["whole_video"]
    assert [row["beside"][1] for row in rows[1:]] == [
        *[whole[f"{task} R@1 IoU={threshold}"] for task in ("SVMR", "VCMR") for threshold in (0.3, 0.5, 0.7)],
        whole["mIoU"],
    ]
    assert rows[-1]["values"] == [split["moments"]["mIoU"], None, None, None]


def test_types_stand_below_each_other_in_the_order_of_their_names(split):
    measured = split["tasks"]["VR_by_type"]
    measured |= {f"v-r{k}": 7.0 for k in (1, 5, 10, 100)}
    rows = by_type(split)
    assert [(row["name"], row["type"]) for row in rows[:3]] == [("VR", "seen"), ("", "said"), ("SVMR, IoU 0.3", "said")]
    assert rows[0]["values"] == [7, 7, 7, 7] and rows[1]["values"] == [61, 62, 63, 64]
    assert rows[-1]["values"] == [98, 99, 100, 101] and len(rows) == 8


def test_without_spans_there_is_video_retrieval_by_type_alone(split):
    only = {name: measured for name, measured in split["tasks"].items() if name.startswith("VR")}
    assert [row["name"] for row in by_type({**split, "tasks": only})] == ["VR"]
    assert by_type({**split, "tasks": {"VR": only["VR"]}}) == []


def test_groups_of_errors_are_named_by_seconds_and_by_shares(split):
    (_, (length,)), (_, (place,)) = errors(split)
    assert (length["name"], length["queries"]) == ("1.5 to 2.2 s", 3)
    assert (place["name"], place["mIoU"]) == ("20 to 40 %", 46.7)
    assert errors({**split, "moment_errors": None}) == []
