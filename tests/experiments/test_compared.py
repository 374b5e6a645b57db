"""Runs beside each other: seeds as one row, what was changed, no table of two data sets, and lines that fit."""

import pytest

from experiments.compared import changes, comparable, tables
from experiments.compared_table import heading, markdown_table, terminal_table, warnings
from experiments.runs import parse_commits, parse_show
from experiments.settings import changed

SEEDS = {f"deep-seed{seed}": ({"train.seed": seed}, sumr) for seed, sumr in enumerate((90.0, 92.0, 97.0))}
OTHERS = {
    "wide": ({"recipes/amdnet.yaml:pack.hidden": 128, "train.shuffle_queries": True}, 95.0),
    "linear": ({"model": "cca"}, 94.5),
}


@pytest.fixture
def groups(settings, shown):
    """The groups of the only table of these commits."""

    def made(*commits):
        (found,) = tables(parse_show(shown(*commits)), settings).values()
        return found

    return made


def test_runs_that_differ_in_their_seed_are_one_row_and_the_best_row_is_first(groups):
    rows = list(markdown_table(groups({**SEEDS, **OTHERS})))
    assert rows[0] == "| experiment | changes | runs | SumR | R@1 | val SumR |"
    assert rows[2:] == [
        "| wide | train.shuffle_queries=true hidden=128 | 1 | 95.0 | 3.0 | 170.0 |",
        "| linear | model=cca | 1 | 94.5 | 3.0 | 170.0 |",
        "| deep |  | 3 | 93.0 ± 3.6 | 3.0 ± 0.0 | 170.0 ± 0.0 |",
        "| a random ranking |  |  | 34.7 |  |  |",
    ]


def test_runs_of_one_setting_on_two_commits_are_one_row(groups):
    (group,) = groups({"one": ({"train.seed": 1}, 90.0)}, {"two": ({"train.seed": 2}, 91.0)})
    assert group.names == ("one", "two") and group.name == "one, two"


def test_a_run_that_repeats_another_does_not_count_twice(groups):
    (group,) = groups({**SEEDS, "again": ({"train.seed": 1}, 92.0), "otherwise": ({"train.seed": 1}, 93.0)})
    assert group.names == ("deep-seed0", "deep-seed1", "deep-seed2", "otherwise")


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["deep-seed0", "deep-seed12"], "deep"),
        (["deep1", "deep2"], "deep"),
        (["s", "seed1"], "s, seed1"),
        (["1", "2"], "1, 2"),
        (["deep-seed0"], "deep-seed0"),
    ],
)
def test_a_row_has_the_name_that_its_runs_share(groups, names, name):
    (group,) = groups({one: ({"train.seed": seed}, 90.0) for seed, one in enumerate(names)})
    assert group.name == name


def test_only_the_recipe_in_use_counts_and_is_told_from_that_of_the_reference(settings, shown):
    def told(changes_made):
        (run,) = parse_show(shown({"run": (changes_made, 1.0)}))
        return changes(run.settings, changed(settings, {"dataset": "pack"}))

    assert told({}) == {} == told({"recipes/amdnet.yaml:charades.hidden": 65})
    assert told({"recipe": "charades"}) == {"recipe": "charades"}
    assert told({"recipe": "charades", "recipes/amdnet.yaml:charades.hidden": 65}) == {
        "recipe": "charades",
        "hidden": 65,
    }
    assert told({"localizer": "prem", "recipes/localizers/prem.yaml:pack.hidden": 8}) == {
        "localizer": "prem",
        "localizer.hidden": 8,
    }


def test_other_files_and_other_data_sets_are_other_tables(settings, shown):
    made = {
        "here": ({"source": "/here/pack"}, 1.0),
        "copy": ({"source": "/there/pack", "model": "cca"}, 2.0),
        "other": ({"source": "/here/other"}, 3.0),
        "sample": ({"source": "/here/pack", "dataset": "sample"}, 4.0),
    }
    found = tables(parse_show(shown(made)), settings)
    names = {table: [group.name for group in groups] for table, groups in found.items()}
    assert names == {
        ("pack", "hash of pack"): ["copy", "here"],
        ("pack", "hash of other"): ["other"],
        ("sample", "hash of pack"): ["sample"],
    }


def test_what_all_runs_of_a_table_changed_stands_above_it(groups):
    found = groups(
        {"one": ({"query_text.max_tokens": 9}, 1.0), "two": ({"query_text.max_tokens": 9, "model": "cca"}, 2.0)}
    )
    assert heading("pack", found) == "pack, all with query_text.max_tokens=9"
    assert [row.split("|")[2].strip() for row in markdown_table(found)][2:4] == ["model=cca", ""]


def test_lines_fit_and_lose_no_word(groups):
    values = {f"recipes/amdnet.yaml:pack.{key}": 0.123456 for key in ("hidden", "dropout", "epochs")}
    made = {"a-rather-long-name-of-an-experiment": ({**values, "query_text.max_tokens": 99}, 352.1), **SEEDS}
    lines = list(terminal_table(groups(made), 90))
    assert max(map(len, lines)) <= 90 and lines[0].split()[:3] == ["SumR", "R@1", "val"]
    words = " ".join(lines)
    assert all(f"{key}=0.123456" in words for key in ("hidden", "dropout", "epochs"))
    assert "query_text.max_tokens=99" in words and "93.0 ± 3.6" in words and "34.7" in lines[-1]


def test_numbers_that_mean_less_are_named(groups):
    found = groups({**OTHERS, "flattered": ({"protocol": "published"}, 99.0)})
    assert list(warnings(found)) == [
        "selected on the split that is reported: flattered",
        "control run, its training queries given to other videos: wide",
    ]


def test_a_commit_that_was_run_is_a_run_and_the_workspace_is_none(shown):
    data = shown({"x": ({}, 90.0)})[0]["experiments"][0]["revs"][0]["data"]
    commits = [{"rev": "workspace"}, {"rev": "b" * 40, "name": "main"}, {"rev": "a" * 40}]
    assert [run.name for run in parse_commits([{**one, "data": data} for one in commits])] == ["main", "aaaaaaa"]
    assert parse_commits([{"rev": "b" * 40, "data": None}]) == []


def test_runs_without_queries_or_of_a_version_without_recipes_are_left_out(settings, shown):
    found = parse_show(shown(SEEDS))
    del found[0].metrics["SumR"], found[1].settings["params.yaml"]["recipe"]
    assert [comparable(run) for run in found] == [True, False, True]
    (groups,) = tables([run for run in found if comparable(run)], settings).values()
    assert [group.names for group in groups] == [("deep-seed2",)]
