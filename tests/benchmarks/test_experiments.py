"""Which experiments count as a run's: those of its name with its parameters, finished."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.experiments import hash_of, matching, of_one_pack, parse_show
from benchmarks.plan import read_plan
from pipeline.core.errors import PipelineError

CHANGES = {"model": "amdnet"}


def deep(plan, params):
    return next(run for run in read_plan(plan, params) if run.name == "deep")


def test_an_experiment_of_other_parameters_is_another_run(plan, params, shown):
    commit = {
        "deep-seed0": ({**CHANGES, "recipes.amdnet.pack.hidden": 65}, 1.0),
        "deep-seed1": ({**CHANGES, "train.seed": 1}, 2.0),
        "deep-seed2": ({**CHANGES, "train.seed": 2, "query_text.max_tokens": 31}, 3.0),
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


def test_an_experiment_on_another_pack_is_another_run_and_one_on_a_copy_is_not(shown):
    commit = {
        "deep-seed0": ({**CHANGES, "source": "/here/pack"}, 1.0),
        "deep-seed1": ({**CHANGES, "source": "/other"}, 2.0),
        "deep-seed2": ({**CHANGES, "source": "/there/pack"}, 3.0),
    }
    found = parse_show(shown(commit))
    assert [experiment.name for experiment in of_one_pack(found, "hash of pack")] == ["deep-seed0", "deep-seed2"]
    assert [experiment.name for experiment in of_one_pack(found, "hash of other")] == ["deep-seed1"]
    assert of_one_pack(found, None) == of_one_pack(found, "hash of pack"), "no table mixes two packs"
    assert of_one_pack(found, "hash of a third") == of_one_pack([], None) == []


REPOSITORY = {
    "params.yaml": """
dataset: pack
source: nowhere
decode: {deadline_floor: 60.0, deadline_factor: 4.0, max_ahead_mib: 1024}
""",
    "dvc.yaml": """
stages:
  scan:
    cmd: python -m stages.scan
    outs: [outputs/scan/files.jsonl]
  prepare:
    cmd: echo '{"SumR":1.0}' | tee metrics.json > cost.json
    deps: [outputs/scan/files.jsonl]
    params: [source]
    metrics: [metrics.json, cost.json]
""",
}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A DVC repository with the stage scan, and one that depends on its list; the current folder."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for name, text in REPOSITORY.items():
        Path(name).write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    for command in ("git init -q", "git config user.email a@b", "git config user.name a", "dvc init -q", "git add -A",
                    "git commit -qm one"):  # fmt: skip
        subprocess.run(command.split(), check=True)


def pack_of(content: str, folder: Path) -> Path:
    (folder / "TextData").mkdir(parents=True)
    (folder / "TextData" / "queries").write_text(content)
    return folder


def test_the_hash_of_a_pack_is_that_of_the_experiments_on_it_wherever_it_lies(repository, tmp_path):
    first, other = pack_of("one", tmp_path / "first"), pack_of("two", tmp_path / "other")
    subprocess.run(["dvc", "exp", "run", "-q", "--temp", "--name", "run", "-S", f"source={first}"], check=True)
    shown = subprocess.run(["dvc", "exp", "show", "--json"], check=True, capture_output=True).stdout
    (experiment,) = parse_show(json.loads(shown))
    assert experiment.pack == hash_of(first) == hash_of(pack_of("one", tmp_path / "elsewhere" / "copy"))
    assert experiment.pack != hash_of(other)
    with pytest.raises(PipelineError, match="nowhere: no such folder"):
        hash_of(tmp_path / "nowhere")
