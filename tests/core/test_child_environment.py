"""A process that is started elsewhere imports the project and what is beside it, as this one does."""

import subprocess
import sys

from pipeline.core.child_environment import child_environment


def test_a_process_imports_what_this_one_imports(tmp_path, monkeypatch):
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs/neighbour.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "libs"))
    monkeypatch.setenv("OF_THIS_PROCESS", "kept")
    script = "import os, neighbour, pipeline.core.errors; print(os.environ['OF_THIS_PROCESS'])"
    command = [sys.executable, "-P", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=child_environment(), capture_output=True, text=True)
    assert done.stdout == "kept\n", done.stderr
