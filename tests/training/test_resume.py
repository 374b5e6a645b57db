"""The stage killed with SIGKILL and started again writes the bytes of a stage that was not; what its key depends on."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from helpers.recipes import SMALL, write_recipes
from helpers.workspace import choose_recipe

from pipeline.core.files import read_json
from pipeline.training.resume import load_state, save_state, state_path

ROOT = Path(__file__).resolve().parents[2]
CPU = torch.device("cpu")


def start() -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", "stages.train"], env=environment, stderr=subprocess.PIPE, text=True)


def written(folder: Path) -> dict[str, bytes]:
    """The outs, without the time in training.json."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for part in ("model", "training")
        for path in sorted((folder / "outputs" / part).rglob("*"))
        if path.is_file() and path.name != "training.json"
    }


def numbers() -> dict:
    return {name: value for name, value in read_json("outputs/model/training.json").items() if name != "seconds"}


@pytest.mark.slow
def test_killed_and_resumed_equals_uninterrupted(workspace):
    write_recipes(workspace, **{**SMALL, "epochs": 60, "patience_steps": 10000})
    choose_recipe()

    whole = start()
    assert whole.wait(timeout=120) == 0, whole.stderr.read()
    expected, expected_numbers = written(workspace), numbers()
    assert not list((workspace / "store").rglob("*.pt"))

    shutil.rmtree("outputs/model")
    shutil.rmtree("outputs/training")
    curve = workspace / "outputs/training/plots/metrics/train/loss.tsv"
    killed = start()
    deadline = time.monotonic() + 120
    while not curve.exists() or len(curve.read_text().splitlines()) < 6:
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.001)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (state,) = (workspace / "store").rglob("*.pt")
    epochs = len(load_state(state, CPU)["training"]["history"])
    assert 4 <= epochs < 60

    resumed = start()
    assert resumed.wait(timeout=120) == 0, resumed.stderr.read()
    assert written(workspace) == expected and numbers() == expected_numbers
    assert not list((workspace / "store").rglob("*.pt"))


def test_the_key_depends_on_inputs_params_and_device(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    first = state_path([one], {"seed": 0}, CPU)
    assert first == state_path([one], {"seed": 0}, CPU)
    others = [
        state_path([two], {"seed": 0}, CPU),
        state_path([one, two], {"seed": 0}, CPU),
        state_path([one], {"seed": 1}, CPU),
        state_path([one], {"seed": 0}, torch.device("cuda")),
    ]
    assert len({first, *others}) == 5


def test_the_key_depends_on_the_stage_that_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    keys = set()
    for text in ("SEED = 0\n", "SEED = 1\n"):
        (tmp_path / "stage.py").write_text(text)
        monkeypatch.setattr(sys.modules["__main__"], "__file__", str(tmp_path / "stage.py"))
        keys.add(state_path([], {}, CPU))
    monkeypatch.delattr(sys.modules["__main__"], "__file__")
    keys.add(state_path([], {}, CPU))
    assert len(keys) == 3


@pytest.mark.parametrize("content", [None, b"", b"cut off", b"PK\x03\x04 half a zip file"])
def test_a_state_that_cannot_be_read_counts_as_none(tmp_path, content):
    if content is not None:
        (tmp_path / "state.pt").write_bytes(content)
    assert load_state(tmp_path / "state.pt", CPU) is None
    save_state(tmp_path / "state.pt", {"weights": torch.ones(2), "history": [{"epoch": 1}]})
    assert load_state(tmp_path / "state.pt", CPU)["history"] == [{"epoch": 1}]
