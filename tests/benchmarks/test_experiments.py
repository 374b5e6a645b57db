"""Which experiments count as a run's: those of its name with its parameters, finished."""

from benchmarks.experiments import matching, parse_show
from benchmarks.plan import read_plan

CHANGES = {"model": "amdnet"}


def deep(plan, params):
    return next(run for run in read_plan(plan, params) if run.name == "deep")


def test_an_experiment_of_other_parameters_is_another_run(plan, params, shown):
    commit = {
        "deep-seed0": ({**CHANGES, "recipes.amdnet.pack.hidden": 65}, 1.0),
        "deep-seed1": ({**CHANGES, "train.seed": 1}, 2.0),
        "other": (CHANGES, 3.0),
    }
    assert list(matching(deep(plan, params), params, parse_show(shown(commit)))) == ["deep-seed1"]


def test_the_newest_commit_counts(plan, params, shown):
    newer, older = {"deep-seed0": (CHANGES, 5.0)}, {"deep-seed0": (CHANGES, 4.0)}
    found = matching(deep(plan, params), params, parse_show(shown({}, newer, older)))
    assert found["deep-seed0"].metrics["metrics"]["SumR"] == 5.0 and found["deep-seed0"].baseline == "1" * 40


def test_an_experiment_that_is_not_finished_is_none(shown):
    printed = shown({"deep-seed0": (CHANGES, 5.0), "deep-seed1": (CHANGES, 5.0), "deep-seed2": (CHANGES, 5.0)})
    running, failed, _ = printed[0]["experiments"]
    running["revs"][0]["data"]["metrics"]["outputs/evaluation/cost.json"] = {"error": {"type": "FileNotFoundError"}}
    failed["revs"][0]["data"] = None
    assert [experiment.name for experiment in parse_show(printed)] == ["deep-seed2"]
