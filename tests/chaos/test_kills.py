"""Stages that are killed at any moment: the next run gives the bytes of one that nobody killed, and leaves no rest.

AMDNET_CHAOS_KILLS says how many are killed in all (200 for a thorough run), AMDNET_CHAOS_SEED when.
"""

import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.killed import Runner
from helpers.mutated import SEED, mutated
from helpers.searchable import write_searchable
from helpers.to_localize import choose, enter_localizer_workspace
from helpers.workspace import choose_recipe, enter_workspace

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("AMDNET_CHAOS_KILLS", "30"))
TIMED = {"training.json", "cost.json", "details.json", "said.txt"}
"""What says how long something took, and what was said."""


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    made.close()


def training(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    enter_workspace(folder, monkeypatch)
    choose_recipe()
    return ["train"]


def localizing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    enter_localizer_workspace(folder, monkeypatch)
    choose("prem", epochs=3, dropout=0.1)
    return ["localize"]


def searching(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")
    write_searchable("amdnet")
    return ["evaluate", "index"]


KINDS = (training, localizing, searching)
each_kind = pytest.mark.parametrize("prepare", KINDS, ids=lambda prepare: prepare.__name__)


def contents(folder: Path) -> dict[str, bytes]:
    """All files by name, but for the store, whose lists of what is known may differ, and what is timed."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in TIMED)
    return {
        name: path.read_bytes() for path in files if not (name := str(path.relative_to(folder))).startswith("store/")
    }


@each_kind
def test_the_run_after_a_kill_gives_the_bytes_of_one_that_nobody_killed(tmp_path, monkeypatch, runner, prepare):
    print(f"AMDNET_CHAOS_SEED={SEED}")
    rounds = KILLS // len(KINDS)
    begin, whole = tmp_path / "begin", tmp_path / "whole"
    begin.mkdir()
    stages = prepare(begin, monkeypatch)
    shutil.rmtree(begin / "store", ignore_errors=True)
    shutil.copytree(begin, whole)
    started = time.perf_counter()
    status, said = runner.run(whole, stages)
    seconds = time.perf_counter() - started
    assert status == 0, said
    expected, calls, killed = contents(whole), int(said.split()[-2]), 0
    assert len(expected) > len(contents(begin)) and calls > 5
    for number in range(rounds):
        draw, folder = random.Random(f"{SEED} {prepare.__name__} {number}"), tmp_path / "again"
        shutil.copytree(begin, folder)
        for _ in range(draw.choice([1, 1, 2])):
            moment = (
                {"seconds": draw.uniform(0.01, seconds)} if draw.random() < 0.5 else {"last": draw.randint(1, calls)}
            )
            killed += runner.run(folder, stages, **moment)[0] < 0
        if draw.random() < 0.3:  # and what it left in the store is damaged
            for path in filter(Path.is_file, (folder / "store").rglob("*")):
                path.write_bytes(mutated(path.read_bytes(), draw))
        status, said = runner.run(folder, stages)
        assert status == 0 and "Traceback" not in said, f"round {number}, seed {SEED}\n{said}"
        found = contents(folder)
        assert found.keys() == expected.keys(), f"round {number}, seed {SEED}"
        assert all(found[name] == expected[name] for name in found), f"round {number}, seed {SEED}"
        shutil.rmtree(folder)
    assert killed > rounds // 4


@each_kind
def test_a_damaged_input_is_the_same_bytes_or_one_named_error(tmp_path, monkeypatch, runner, prepare):
    begin = tmp_path / "begin"
    begin.mkdir()
    stages = prepare(begin, monkeypatch)
    shutil.rmtree(begin / "store", ignore_errors=True)
    features = sorted((begin / "outputs/features").glob("*.h5"))
    weights = [path for path in (begin / "outputs").rglob("*.safetensors") if path.stat().st_size > 100]
    for number in range(KILLS // 2 // len(KINDS)):
        draw, folder = random.Random(f"{SEED} {prepare.__name__} input {number}"), tmp_path / "again"
        shutil.copytree(begin, folder)
        path = folder / draw.choice([*features, *weights]).relative_to(begin)
        path.write_bytes(mutated(path.read_bytes(), draw))
        status, said = runner.run(folder, stages)
        assert status in (0, 1) and "Traceback" not in said, f"{path}, round {number}, seed {SEED}\n{said}"
        assert status == 0 or (said.count("ERROR: ") == 1 and "What to do: " in said), said
        shutil.rmtree(folder)
