"""`amdnet`: what it lists, how its errors and Ctrl-C look, and that its help waits for nothing heavy."""

import os
import signal
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from helpers.dozing import DOZE

from tools import command

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = [
    "check",
    "check-weights",
    "search",
    "compare",
    "compare-runs",
    "evaluate-submission",
    "parity",
    "import-checkpoint",
    "parameters",
    "serve",
    "repair",
]


def started(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def test_help_lists_the_commands_with_what_they_do(amdnet):
    done = amdnet("--help")
    assert done.exit_code == 0
    for name in COMMANDS:
        of_one = amdnet(name, "--help")
        first_line = of_one.stdout.splitlines()[2].strip()
        assert f"  {name} " in done.stdout and first_line[:30] in done.stdout and of_one.exit_code == 0


@pytest.mark.parametrize("arguments", [(), ("compare",), ("compare", "a.h5"), ("search",), ("parity", "a", "b")])
def test_a_wrong_command_line_is_told_its_usage(amdnet, arguments):
    done = amdnet(*arguments)
    assert done.exit_code == 2 and "Usage: amdnet" in done.output


def test_nothing_heavy_is_imported_before_a_command_works():
    code = "import sys, tools.command; print(*{'torch', 'numpy', 'h5py', 'pipeline.models'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_as_a_process_an_error_is_one_message(tmp_path):
    process = started("-m", "tools.command", "parity", str(tmp_path / "missing.npz"), cwd=ROOT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert errors.startswith(f"\nERROR: {tmp_path / 'missing.npz'}: ") and "Traceback" not in errors


def test_ctrl_c_is_one_line(tmp_path):
    (tmp_path / "h5py.py").write_text(f"{DOZE}print('importing', flush=True)\ndoze(60)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    process = started("-m", "tools.command", "compare", "a.h5", "b.h5", cwd=ROOT, env=environment)
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")
    assert errors == "\nStopped by Ctrl-C. No file was left half written.\n"


def test_an_error_of_ours_keeps_its_traceback(tmp_path):
    code = "import pipeline.feature_io.compare as c, tools.command as t; c.compare_files = None; t.main()"
    process = started("-c", code, "compare", "a.h5", "b.h5", cwd=ROOT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and errors.startswith("Traceback") and "TypeError" in errors


def test_make_setup_installs_the_command_from_the_checkout(tmp_path):
    try:
        installed = distribution("amdnet-pipeline")
    except PackageNotFoundError:
        pytest.skip("the project is not installed in this environment; `make setup` does that")
    assert [point.load() for point in installed.entry_points if point.name == "amdnet"] == [command.main]
    script = Path(sys.executable).with_name("amdnet")
    done = subprocess.run([script, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)
