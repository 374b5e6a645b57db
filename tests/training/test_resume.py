"""The stage killed with SIGKILL and started again writes the bytes of a stage that was not; what its key depends on."""

import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from helpers.recipes import SMALL, write_recipes
from helpers.replaced import a_folder, a_pipe, an_endless_device
from helpers.workspace import choose_recipe, train

from pipeline.core.files import read_json
from pipeline.training.resume import load_state, save_state, state_path
from stages import train as stage

ROOT = Path(__file__).resolve().parents[2]
CPU = torch.device("cpu")
on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


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
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=on_gpu)])
def test_killed_and_resumed_equals_uninterrupted(workspace, device, monkeypatch):
    monkeypatch.setenv("AMDNET_DEVICE", device)
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
    (state,) = (path for path in (workspace / "store").rglob("*.pt") if path.parent.suffix != ".tmp")
    epochs = len(load_state(state)["training"]["history"])
    assert 4 <= epochs < 60

    resumed = start()
    assert resumed.wait(timeout=120) == 0, resumed.stderr.read()
    assert numbers()["epochs_run"] == expected_numbers["epochs_run"] == 60
    if device == "cpu":  # a GPU adds in another order each time
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
        monkeypatch.setattr(sys.modules["__main__"], "__file__", str(tmp_path / "stage.py"), raising=False)
        keys.add(state_path([], {}, CPU))
    monkeypatch.delattr(sys.modules["__main__"], "__file__")
    keys.add(state_path([], {}, CPU))
    assert len(keys) == 3


STATE = {"weights": torch.ones(2, 3), "history": [{"epoch": 1, "loss": {"total": 0.5}}], "seconds": 1.5}


@pytest.fixture
def state(tmp_path) -> Path:
    save_state(tmp_path / "state.pt", STATE)
    return tmp_path / "state.pt"


def test_a_state_is_read_as_it_was_written(state, capsys):
    found = load_state(state)
    assert torch.equal(found.pop("weights"), STATE["weights"]) and not capsys.readouterr().err
    assert found == {name: value for name, value in STATE.items() if name != "weights"}


def test_no_state_is_nothing_to_speak_of(tmp_path, capsys):
    assert load_state(tmp_path / "state.pt") is None and not capsys.readouterr().err


def assert_damaged(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert load_state(state) is None
    assert capsys.readouterr().err == f"{state}: the state of an earlier training is damaged, so training starts anew\n"
    save_state(state, STATE)
    assert load_state(state)["history"] == STATE["history"] and not capsys.readouterr().err


def test_no_damaged_state_is_read(state, capsys):
    """Bits that flip, blocks of zeros, and ends that are missing, doubled or too long, at 300 places."""
    whole, draw = state.read_bytes(), random.Random(0)
    for _ in range(300):
        at, length = draw.randrange(len(whole)), draw.choice([1, 4, 64, 512])
        block = whole[at : at + length]
        others = [
            bytes([block[0] ^ 1 << draw.randrange(8)]) + block[1:], bytes(len(block)), b"", block * 2,
            draw.randbytes(len(block)),
        ]  # fmt: skip
        damaged = whole[:at] + draw.choice(others) + whole[at + length :]
        if damaged != whole:
            state.write_bytes(draw.choice([damaged, damaged, whole[:at], whole + damaged]))
            assert load_state(state) is None, "read though damaged"
            assert "training starts anew" in capsys.readouterr().err


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(STATE["history"]))


def saved_without_a_hash(path: Path) -> None:
    torch.save(STATE, path)


def of_another_training(path: Path) -> None:
    save_state(path.with_name("other.pt"), STATE)
    path.unlink()
    path.symlink_to("other.pt")


def a_link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nothing")


@pytest.mark.parametrize(
    "put", [pickled, saved_without_a_hash, of_another_training, a_folder, a_pipe, an_endless_device, a_link_to_nothing]
)
def test_what_is_no_state_of_this_training_is_replaced(state, capsys, put):
    put(state)
    assert_damaged(state, capsys)


def test_the_stage_trains_anew_where_the_state_is_damaged(workspace, monkeypatch, capsys):
    train()
    expected, expected_numbers = written(workspace), numbers()
    (workspace / "state.pt").write_bytes(b"PK\x03\x04 half a state")
    monkeypatch.setattr(stage, "state_path", lambda *_: workspace / "state.pt")
    train()
    assert capsys.readouterr().err.count("so training starts anew") == 1
    assert written(workspace) == expected and numbers() == expected_numbers
    assert not (workspace / "state.pt").exists()
