"""The garbage collector rests while a process starts, and works again after it, where the start fails, too."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core.quick_start import quick_start

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def thawed():
    yield
    gc.unfreeze()


def test_garbage_is_collected_after_the_start_and_not_in_it():
    with quick_start():
        assert not gc.isenabled()
    assert gc.isenabled() and gc.get_freeze_count()


def test_garbage_is_collected_after_a_start_that_failed():
    with pytest.raises(OSError), quick_start():
        raise OSError
    assert gc.isenabled()


def test_a_stage_collects_garbage_while_it_works_and_not_before(tmp_path):
    package = tmp_path / "stages"
    package.mkdir()
    (package / "__init__.py").write_text((ROOT / "stages/__init__.py").read_text())
    (package / "asks.py").write_text(
        "import gc\nfrom pipeline.core.cli import run\n"
        "before = gc.isenabled()\nrun(lambda: print(before, gc.isenabled()))\n"
    )
    command = [sys.executable, "-m", "stages.asks"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)})
    assert done.stdout == "False True\n", done.stderr
