"""The table of moments: means by hand, intervals of mIoU, what a localizer adds to the same retriever's own moments."""

import pytest

from experiments.moment_table import moment_table
from experiments.plan import read_plan
from experiments.runs import parse_show
from experiments.table import Results

PLAN = """
dataset: pack
seeds: [0, 1]
groups:
  localizers:
    linear-localized: {model: cca, localizer: prem}
    deep-localized: {model: amdnet, localizer: prem, localizer_values: {hidden: 8}}
    deep-small: {model: amdnet, localizer: prem, localizer_values: {hidden: 4}}
  models:
    linear: {model: cca, seeds: [0]}
    deep: {model: amdnet}
"""
GUESSES = {"best constant span": {"mIoU": "30.9", "SVMR R@1 IoU=0.7": "15.2", "SumR": "3.0"}}
SEEDS = {
    "linear-seed0": {"model": "cca"},
    "linear-localized-seed0": {"model": "cca", "localizer": "prem"},
    "linear-localized-seed1": {"model": "cca", "localizer": "prem", "train.seed": 1},
    "deep-seed0": {"model": "amdnet"},
    "deep-localized-seed0": {"model": "amdnet", "localizer": "prem", "recipes/localizers/prem.yaml:pack.hidden": 8},
}


def read(experiment) -> Results:
    """Spans of 40 videos with an IoU of 0.4 by the linear model; others, localizers and seeds are better."""
    params = experiment.settings["params.yaml"]
    better = 0.2 + 0.02 * params["train"]["seed"] if params["localizer"] == "prem" else 0.0
    better += 0.1 if params["model"] == "amdnet" else 0.0
    recall = 100 * better
    svmr = {"0.5-r1": recall, "0.5-r5": 50.0, "0.7-r1": 10.0, "0.7-r5": 20.0, "mIoU": 40.0 + recall}
    vcmr = {"0.5-r1": 4.0, "0.5-r5": 5.0, "0.7-r1": 1.0, "0.7-r5": 2.0, "0.7-r10": 3.0, "0.7-r100": 6.0}
    tasks = {"VR": {"r1": 7.0}, "SVMR": svmr, "VCMR": vcmr}
    details = {"reported_split": "test", "splits": {"test": {"tasks": tasks}}}
    rows = [{"query_id": f"q{n}", "video_id": f"v{n}", "rank": 1, "iou": 0.3 + better + n % 2 / 5} for n in range(40)]
    return Results(details, rows, {})


@pytest.fixture
def rows(tmp_path, settings, shown):
    """rows(read, guesses) -> the cells of each row by heading."""
    plan = tmp_path / "moments.yaml"
    plan.write_text(PLAN)

    def made(read, guesses=GUESSES):
        found = parse_show(shown({name: (changes, 1.0) for name, changes in SEEDS.items()}))
        text = moment_table(read_plan(plan, settings), settings, found, guesses, read)
        lines = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
        ]
        return {name: dict(zip(lines[0][1:], cells, strict=True)) for name, *cells in lines[1:]}

    return made


def test_means_over_seeds_and_what_knows_nothing(rows):
    table = rows(read)
    runs = ["linear-localized", "deep-localized", "deep-small", "linear", "deep"]
    assert list(table) == ["best constant span", *runs]
    localized = table["linear-localized"]
    assert localized["mIoU"] == "61.0 ± 1.4" and localized["SVMR R@1 IoU=0.5"] == "21.0 ± 1.4"
    assert [table["linear"][f"VCMR R@{k} IoU={level}"] for level in (0.5, 0.7) for k in (1, 5)] == [
        "4.0", "5.0", "1.0", "2.0",
    ]  # fmt: skip
    assert [table["linear"][f"VCMR R@{k} IoU=0.7"] for k in (10, 100)] == ["3.0", "6.0"]
    known = {heading: cell for heading, cell in table["best constant span"].items() if cell}
    assert known == {"mIoU": "30.9", "SVMR R@1 IoU=0.7": "15.2"}
    assert set(table["deep-small"].values()) == {""}, "that experiment is not there"


def test_a_localizer_is_compared_with_the_moments_of_the_same_retriever(rows):
    table = rows(read)
    low, high = map(float, table["linear"]["mIoU [95 %]"].split(" to "))
    assert 30 < low < 40 < high < 50
    assert table["linear-localized"]["- own moments [95 %]"] == "+21.0 [+21.0, +21.0]", "on the same draws of videos"
    assert table["deep-localized"]["- own moments [95 %]"] == "+20.0 [+20.0, +20.0]", "not with those of the first"
    assert table["linear"]["- own moments [95 %]"] == table["deep"]["- own moments [95 %]"] == ""


def test_types_of_queries_have_columns_where_there_are_any(rows):
    def with_types(experiment) -> Results:
        results = read(experiment)
        results.split["tasks"]["VR_by_type"] = {"t-r1": 12.5, "t-r10": 90.0, "desc_type_ratio": "t 50.0"}
        results.split["tasks"]["VCMR_by_type"] = {"t-0.5-r1": 8.0, "t-0.7-r1": 6.0, "desc_type_ratio": "t 50.0"}
        return results

    added = set(rows(with_types)["linear"].items()) - set(rows(read)["linear"].items())
    assert added == {("t: R@1", "12.5"), ("t: VCMR R@1 IoU=0.7", "6.0")}


def test_there_is_no_table_where_no_query_has_a_span(rows):
    def without_spans(experiment) -> Results:
        results = read(experiment)
        results.split["tasks"] = {"VR": {"r1": 7.0}}
        return results

    assert rows(without_spans) == {}
