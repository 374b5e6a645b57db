"""The table: means and deviations by hand, what is missing by name, chance from a run's details."""

from experiments.plan import read_plan
from experiments.runs import parse_show
from experiments.table import COLUMNS, FROM_FILES, Results, chance_row, guess_rows, mean_and_deviation, render

CHANCE = {"SumR": "34.7 ± 1.3"}
GUESSES = {"chance, whole video": CHANCE, "best constant span": {"mIoU": "30.9"}}


def rows(text: str) -> dict[str, dict[str, str]]:
    """The last row of each name by the columns' headings."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    headings = [*(heading for heading, *_ in COLUMNS), *FROM_FILES]
    return {name: dict(zip(headings, rest, strict=True)) for name, *rest in cells}


def read(experiment):
    """Of 40 videos: `cca` has half of them first, the others all that and every seed one more."""
    params = experiment.settings["params.yaml"]
    first = 20 if params["model"] == "cca" else 21 + params["train"]["seed"]
    moments = {"mIoU": 30.0 + first}
    details = {
        "reported_split": "test",
        "splits": {"test": {"moments": moments, "answers": {"model": moments, "window": {}}}},
    }
    ranks = [1 if number < first else 1000 for number in range(40)]
    rows = [{"query_id": f"q{n}", "video_id": f"v{n}", "rank": rank, "iou": None} for n, rank in enumerate(ranks)]
    return Results(details, rows, {"parameters": 1234567, "training seconds": 60.0 + params["train"]["seed"]})


def test_means_and_deviations_over_seeds(plan, settings, shown):
    seeds = {f"deep-seed{seed}": ({"train.seed": seed}, sumr) for seed, sumr in enumerate((90.0, 92.0, 97.0))}
    linear = {"linear-seed0": ({"model": "cca"}, 94.5)}
    text = render(read_plan(plan, settings)[:2], settings, parse_show(shown({**seeds, **linear})), GUESSES, read)
    table = rows(text)
    assert table["deep"]["SumR"] == "93.0 ± 3.6" and table["deep"]["R@1"] == "3.0 ± 0.0"
    assert (table["deep"]["parameters"], table["deep"]["training s"]) == ("1,234,567", "61")
    assert table["linear"]["SumR"] == "94.5" and table["linear"]["mIoU"] == ""
    assert table["linear"]["ms a query"] == ""
    assert table["chance, whole video"] == dict.fromkeys(table["deep"], "") | CHANCE
    low, high = (float(edge) for edge in table["linear"]["SumR [95 %]"].split(" to "))
    assert 100 < low < 200 < high < 300 and table["linear"]["- cca [95 %]"] == ""
    assert table["deep"]["own mIoU"] == "52.0 ± 1.0" and table["linear"]["own mIoU"] == "50.0"
    assert table["best constant span"]["mIoU"] == "30.9"
    assert table["deep"]["- cca [95 %]"].startswith("+20.0 [+")  # two more of 40 are 5 % at four cutoffs
    assert "Missing" not in text and "Experiments on 0000000. Files: hash of." in text


def test_what_is_missing_is_named(plan, settings, shown):
    there = {"deep-seed1": ({"train.seed": 1}, 90.0)}
    text = render(read_plan(plan, settings), settings, parse_show(shown(there)), GUESSES, read)
    assert rows(text)["deep"]["SumR"] == "90.0" and rows(text)["deep-published"]["SumR"] == ""
    assert rows(text)["deep"]["SumR [95 %]"] and rows(text)["deep"]["- cca [95 %]"] == ""
    missing = text.splitlines()[-1]
    assert missing.startswith("Missing experiments: linear-seed0, deep-seed0, deep-seed2, deep-published-seed0")
    assert "deep-seed1" not in missing
    assert [line for line in text.splitlines() if line.startswith("**")] == ["**models**", "**published**"]


def test_nothing_at_all_is_a_table_too(plan, settings):
    assert "Experiments on no commit." in render(read_plan(plan, settings), settings, [], {}, read)


def test_chance_is_that_of_the_reported_split():
    chance = {"R@1": 0.299, "R@5": 1.5, "R@10": 2.99, "R@100": 29.9, "SumR": 34.73, "SumR deviation": 1.34}
    moments = {"mIoU": 26.44, "SVMR R@1 IoU=0.5": 12.0, "SVMR R@1 IoU=0.7": 6.0, "VCMR R@1 IoU=0.5": 1.0}
    test = {"chance": chance, "whole_video": moments}
    details = {"reported_split": "test", "splits": {"test": test, "val": {"chance": {"SumR": 116.0}}}}
    assert guess_rows({**details, "splits": {**details["splits"], "test": {**test, "constant_span": None}}}) == {
        "chance, whole video": chance_row(details), "best constant span": {},
    }  # fmt: skip
    assert chance_row(details) == {
        "SumR": "34.7 ± 1.3", "R@1": "0.3", "R@5": "1.5", "R@10": "3.0", "R@100": "29.9",
        "mIoU": "26.4", "SVMR R@1 IoU=0.5": "12.0", "SVMR R@1 IoU=0.7": "6.0",
        "VCMR R@1 IoU=0.5": "0.04", "VCMR R@1 IoU=0.7": "0.02",
        "val SumR": "116.0",
    }  # fmt: skip


def test_a_deviation_needs_two_values():
    assert [mean_and_deviation(values, 2) for values in ([], [1.0], [1.0, 2.0])] == ["", "1.00", "1.50 ± 0.71"]
