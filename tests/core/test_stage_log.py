"""What a stage says is kept in outputs/logs/, and printed all the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

STAGE = """
import sys
from tqdm import tqdm
from pipeline.core.cli import run
from pipeline.core.errors import PipelineError
def main():
    print("to stdout", end="")
    print(" in parts")
    for _ in tqdm(range(3), file=sys.stderr, desc="bar"):
        pass
    if sys.argv[1:]:
        raise PipelineError("it is wrong", fix="mend it")
if __name__ == "__main__":
    run(main)
"""


def _ran(folder, *arguments: str) -> subprocess.CompletedProcess:
    (folder / "toy_stage.py").write_text(STAGE)
    command = [sys.executable, "-m", "toy_stage", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_each_line_has_its_time_and_a_bar_is_one_line(tmp_path):
    done = _ran(tmp_path)
    assert done.stdout == "to stdout in parts\n" and "0/3" in done.stderr
    lines = (tmp_path / "outputs/logs/toy_stage.log").read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ", line) for line in lines)
    assert len(lines) == 2 and lines[0].endswith("to stdout in parts") and "3/3" in lines[1]


def test_the_error_is_the_last_line_and_the_next_run_begins_anew(tmp_path):
    assert _ran(tmp_path, "fail").returncode == 1
    log = tmp_path / "outputs/logs/toy_stage.log"
    assert "ERROR: it is wrong" in log.read_text() and "What to do: mend it" in log.read_text()
    _ran(tmp_path)
    assert "ERROR" not in log.read_text()


def test_a_stage_without_a_log_works_and_says_so(tmp_path):
    (tmp_path / "outputs").write_text("in the way")
    done = _ran(tmp_path)
    assert done.returncode == 0 and done.stdout == "to stdout in parts\n" and "no log of this stage" in done.stderr
