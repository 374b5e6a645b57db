"""A stage that the user stops, or whose disk is full, ends with one message and no traceback."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helpers.dozing import DOZE
from helpers.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]

STAGE = f"""{DOZE}
import sys
from pipeline.core.cli import run
def main():
    try:
        print("started", flush=True)
        doze(60)
    finally:
        print("put away", flush=True)
        doze(float(sys.argv[1]))
run(main)
"""

WRITES = """
import resource, sys
import numpy as np, torch
from pathlib import Path
from pipeline.core.cli import run
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.core.files import write_jsonl
from pipeline.training.resume import save_state
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))
folder, rows = Path(sys.argv[2]), np.zeros((300, 1000), np.float16)
run({
    "features": lambda: write_features(folder / "features.h5", [Item("a", rows, {}), Item("b", rows, {})], {}),
    "lines": lambda: write_jsonl(folder / "lines.jsonl", ({"text": "x" * 1000} for _ in range(1000))),
    "state": lambda: save_state(folder / "state.pt", {"weights": torch.zeros(1 << 20)}),
}[sys.argv[1]])
"""


def started(code: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_ctrl_c_is_one_line_and_what_runs_is_put_away():
    stage = started(STAGE, "0")
    stage.stdout.readline()
    stage.send_signal(signal.SIGINT)
    output, errors = stage.communicate(timeout=30)
    assert stage.returncode == 130 and output == "put away\n"
    assert len(errors.split("\n")) == 3 and "Stopped by Ctrl-C" in errors


def test_a_second_ctrl_c_ends_at_once():
    stage = started(STAGE, "60")
    stage.stdout.readline()
    stage.send_signal(signal.SIGINT)
    assert stage.stdout.readline() == "put away\n"
    stage.send_signal(signal.SIGINT)
    _, errors = stage.communicate(timeout=30)
    assert stage.returncode == 130 and not errors


@pytest.mark.parametrize("what", ["features", "lines", "state"])
def test_no_room_on_the_disk_names_the_file_and_leaves_none(tmp_path, what):
    stage = started(WRITES, what, str(tmp_path))
    _, errors = stage.communicate(timeout=60)
    assert stage.returncode == 1 and "no room to write" in errors and str(tmp_path / what) in errors
    assert "Traceback" not in errors and not list(tmp_path.iterdir())


def test_ctrl_c_while_a_stage_is_still_being_imported_is_one_line(tmp_path):
    (tmp_path / "h5py.py").write_text(f"{DOZE}print('importing', flush=True)\ndoze(60)\n")
    stage = subprocess.Popen(
        [sys.executable, "-m", "stages.slowfast"], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert stage.stdout.readline() == "importing\n"
    stage.send_signal(signal.SIGINT)
    _, errors = stage.communicate(timeout=30)
    assert stage.returncode == 130 and len(errors.split("\n")) == 3 and "Stopped by Ctrl-C" in errors


@pytest.mark.parametrize("stage", [path.stem for path in sorted((ROOT / "stages").glob("[a-z]*.py"))])
def test_a_stage_that_is_run_alone_checks_all_parameters_first(stage, tmp_path):
    document = shipped()
    document["report"]["examples"] = -1
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(document))
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    done = subprocess.run(
        [sys.executable, "-m", f"stages.{stage}"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and "`report.examples`" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "outputs").exists()
