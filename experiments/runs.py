"""Makes the runs of a plan as DVC experiments, those that are not there already.

Test: tests/experiments/test_runs.py.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.plan import Run
from experiments.settings import PARAMS, Settings, changed, recipe_in_use
from pipeline.annotations.common.layout import layout_of
from pipeline.core.errors import PipelineError
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common.recipe_file import MODELS
from pipeline.scan.listing import LIST, list_files, write_list
from pipeline.video.params import DecodeParams

# Neither a pack nor what the sample is made from holds a video, so that nothing can hang.
_NO_VIDEOS = DecodeParams(order=["pyav"], deadline_floor=1.0, deadline_factor=1.0, max_ahead_mib=1)

# What the metrics depend on besides the recipes; the second are read where no feature pack is.
_RELEVANT = (
    "dataset", "model", "localizer", "protocol", "prepare", "pack", "query_text", "features", "train", "evaluate",
)  # fmt: skip
_OF_COMPUTED_FEATURES = ("clip_seconds", "sample", "slowfast", "resnet", "text", "subtitle_text")
_METRICS = "outputs/evaluation/metrics.json"


@dataclass(frozen=True)
class Experiment:
    """A finished DVC experiment.

    rev: its commit. baseline: the commit that it was made on. source: the hash of the list of files in its `source`,
    which is the same wherever that folder is; "" where there is no list. settings: the values it ran with. metrics:
    what metrics.json holds, numbers by name.
    """

    name: str
    rev: str
    baseline: str
    source: str
    settings: Settings
    metrics: dict[str, float]


def baselines() -> list[str]:
    """List the commits that have experiments, newest first."""
    commits = {commit for commit, _ in _references()}
    return [commit for commit in _output("git", "rev-list", "--all", "--date-order").split() if commit in commits]


def experiments_on(commits: Iterable[str]) -> list[Experiment]:
    """Read the finished experiments on these commits, in the order of the commits."""
    revisions = [part for commit in commits for part in ("--rev", commit)]
    return parse_show(shown(*revisions)) if revisions else []


def shown(*options: str) -> list[dict[str, Any]]:
    """Return what `dvc exp show --json` prints: the workspace, and commits with their experiments."""
    return json.loads(_output("dvc", "exp", "show", "--json", *options))


def parse_show(shown: list[dict[str, Any]]) -> list[Experiment]:
    """Collect the finished experiments from what `dvc exp show --json` prints."""
    return [
        found
        for baseline in shown
        for experiment in baseline.get("experiments") or []
        if (found := _finished(experiment["name"], baseline["rev"], experiment["revs"][0].get("data")))
    ]


def parse_commits(shown: list[dict[str, Any]]) -> list[Experiment]:
    """Collect the commits that were run without an experiment, under the name of their branch or their short hash."""
    commits = [commit for commit in shown if commit["rev"] != "workspace"]
    found = (
        _finished(commit.get("name") or commit["rev"][:7], commit["rev"], commit.get("data")) for commit in commits
    )
    return [commit for commit in found if commit]


def _finished(name: str, baseline: str, data: dict[str, Any] | None) -> Experiment | None:
    metrics = ((data or {}).get("metrics") or {}).get(_METRICS, {}).get("data")
    if not (data and metrics):
        return None
    settings = {path: content["data"] for path, content in data["params"].items()}
    source = data["deps"].get(LIST.as_posix(), {}).get("hash") or ""
    return Experiment(name, data["rev"], baseline, source, settings, metrics)


def hash_of(source: Path, dataset: str) -> str:
    """Compute what `Experiment.source` is for experiments on this folder. Raises PipelineError where there is none."""
    if not source.is_dir():
        raise PipelineError("no such folder", where=source, fix=f"name the folder of `dataset: {dataset}`")
    with tempfile.TemporaryDirectory() as folder:
        write_list(Path(folder) / LIST.name, list_files(source.resolve(), dataset, _NO_VIDEOS))
        return hashlib.md5((Path(folder) / LIST.name).read_bytes(), usedforsecurity=False).hexdigest()


def of_one_source(found: Sequence[Experiment], source: str | None) -> list[Experiment]:
    """Select the experiments on the same files, so that no table mixes two packs.

    source: their hash; where it is None, it is that of the first experiment.
    """
    named = source or next((experiment.source for experiment in found), None)
    return [experiment for experiment in found if experiment.source == named]


def matching(run: Run, settings: Settings, found: Iterable[Experiment]) -> dict[str, Experiment]:
    """Find the experiments of a run, by name: of each name the first one that has the settings of the run."""
    expected = {name: _relevant(changed(settings, changes)) for name, changes in run.experiments().items()}
    matches: dict[str, Experiment] = {}
    for experiment in found:
        if expected.get(experiment.name) == _relevant(experiment.settings):
            matches.setdefault(experiment.name, experiment)
    return matches


def execute(runs: Sequence[Run], settings: Settings, source: Path, jobs: int) -> list[str]:
    """Make the experiments of the runs that this commit does not have yet, and return the names of those that failed.

    runs: at least one, all of one plan. source: the folder that they read, as they write it into params.yaml. jobs: how
    many are made side by side. Each runs in a folder of its own, so that no parameter of one reaches another, or the
    workspace. One that was killed continues where it stopped when it is asked for again. Raises PipelineError where
    code, parameters or recipes of the workspace differ from the commit.
    """
    decisive = (PARAMS, "recipes", "dvc.yaml", "pipeline", "stages")
    if _output("git", "status", "--porcelain", "--untracked-files=no", "--", *decisive):
        raise PipelineError(
            "the code, its parameters or recipes differ from the commit, and would differ in every run",
            where="git status",
            fix="commit the changes, or take them back",
        )
    commit = _output("git", "rev-parse", "HEAD").strip()
    done = of_one_source(experiments_on([commit]), hash_of(source, runs[0].changes["dataset"]))
    waiting = {
        name: {**changes, "source": str(source)}
        for run in runs
        for name, changes in run.experiments().items()
        if name not in matching(run, settings, done)
    }
    print(f"{len(waiting)} experiments to make", file=sys.stderr)
    for name in (name for of, name in _references() if of == commit and name in waiting):
        _output("dvc", "exp", "remove", name)  # of other parameters, or other files
    names = list(waiting)
    # The first one alone: it imports the features for all others.
    made = [_make(name, waiting[name]) for name in names[:1]]
    with ThreadPoolExecutor(jobs) as pool:
        made += pool.map(lambda name: _make(name, waiting[name]), names[1:])
    return [name for name, well in zip(names, made, strict=True) if not well]


def _make(name: str, changes: Mapping[str, Any]) -> bool:
    started = time.monotonic()
    options = [part for key, value in changes.items() for part in ("-S", f"{key}={_written(value)}")]
    done = subprocess.run(
        ["dvc", "exp", "run", "--temp", "--name", name, *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    ended = f"{'done' if done.returncode == 0 else 'FAILED'} after {time.monotonic() - started:.0f} s"
    print(f"{name}: {ended}", file=sys.stderr, flush=True)
    if done.returncode:
        print(done.stdout[-3000:], file=sys.stderr, flush=True)
    return done.returncode == 0


def _references() -> list[tuple[str, str]]:
    """List the commit and the name of every experiment."""
    references = _output("git", "for-each-ref", "--format=%(refname)", "refs/exps").split()
    parts = [reference.split("/")[2:] for reference in references]
    return [(part[0] + part[1], part[2]) for part in parts if len(part) == 3]


def _written(value: Any) -> str:
    """Write a value as `dvc exp run -S` reads it."""
    return value if isinstance(value, str) else json.dumps(value)


def _relevant(settings: Settings) -> dict[str, Any] | None:
    """Select the settings that the metrics depend on, except the files, which are `Experiment.source`.

    The result is None for an experiment on a commit that had no recipe files, or no localizers: its settings do not say
    what it ran with.
    """
    params = settings[PARAMS]
    if not {"recipe", "localizer"} <= set(params):
        return None
    computes = layout_of(params["dataset"]).stream is None
    relevant = {name: params.get(name) for name in (*_RELEVANT, *(_OF_COMPUTED_FEATURES if computes else ()))}
    for files in (MODELS, LOCALIZERS):
        path, recipe = recipe_in_use(settings, files)
        relevant[files.choice] = settings[path][recipe]
    return relevant


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(done.stderr.strip()[-2000:], where=" ".join(command), fix="run it by hand to see more")
    return done.stdout
