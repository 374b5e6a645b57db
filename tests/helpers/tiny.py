"""A project of one stage, run by the real `dvc`: the stage says that it has begun and then waits for a file."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGE = """
import os, time
from pathlib import Path
from pipeline.core.cli import run
from pipeline.core.files import atomic_path
def main():
    Path("begun").write_text(str(os.getpid()))
    while not Path("end").exists():
        time.sleep(0.01)
    with atomic_path("outputs/made.txt") as temporary:
        temporary.write_text("made")
run(main)
"""


class TinyProject:
    """cmd: how DVC runs the stage, in a folder that is new."""

    def __init__(self, folder: Path, cmd: str = "python -m stages.slow", shell: str = "/bin/sh"):
        self.folder, self.begun = folder, folder / "begun"
        self._started: list[subprocess.Popen] = []
        binaries = str(Path(sys.executable).parent)
        own = {"PYTHONPATH": str(ROOT), "SHELL": shell, "PATH": binaries + os.pathsep + os.environ["PATH"]}
        self.environment = {**os.environ, **own}
        (folder / "stages").mkdir(parents=True)
        shutil.copy(ROOT / "stages" / "__init__.py", folder / "stages")
        (folder / "stages" / "slow.py").write_text(STAGE)
        (folder / "dvc.yaml").write_text(f"stages:\n  slow:\n    cmd: {cmd}\n    outs: [outputs/made.txt]\n")
        subprocess.run(["dvc", "init", "-q", "--no-scm"], cwd=folder, env=self.environment, check=True)

    def start(self, *command: str) -> subprocess.Popen:
        """Start `dvc repro`, or another command, in the project."""
        started = subprocess.Popen(
            command or ("dvc", "repro"), cwd=self.folder, env=self.environment, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._started.append(started)
        return started

    def stage(self, started: subprocess.Popen) -> int:
        """Wait until the stage has begun; returns its process id."""
        while not (self.begun.exists() and self.begun.read_text()):
            assert started.poll() is None, started.communicate()[0]
            time.sleep(0.01)
        return int(self.begun.read_text())

    def let_it_end(self) -> None:
        (self.folder / "end").touch()

    def close(self) -> None:
        """Kill all that was started and what it has started, where that is left."""
        for started in self._started:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()
            assert started.stdout is not None
            started.stdout.close()


def gone(pid: int) -> bool:
    """No process, or one that is over and waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_gone(pid: int, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not gone(pid):
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.01)
