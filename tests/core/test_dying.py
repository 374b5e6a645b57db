"""A stage ends with its `dvc`, however that ends and whatever shell stands between; by hand it needs no `dvc`."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.tiny import wait_until_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other kernels end no process with its parent")

COMMANDS = {
    "the shell gives its place to the stage": "python -m stages.slow",
    "the shell stays": "python -m stages.slow; exit $?",
    "two shells stay": "\"sh -c 'python -m stages.slow; true'; true\"",
}


@pytest.mark.parametrize("shells", COMMANDS)
@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGKILL])
def test_the_stage_ends_with_its_dvc_and_the_next_run_is_alone(make_project, shells, signal_):
    project = make_project(cmd=COMMANDS[shells])
    dvc = project.start()
    stage = project.stage(dvc)
    dvc.send_signal(signal_)
    dvc.wait()
    wait_until_gone(stage)
    project.let_it_end()
    again = project.start()
    said = again.communicate()[0]
    assert again.returncode == 0 and (project.folder / "outputs/made.txt").read_text() == "made", said


def test_the_stage_ends_with_the_shell_that_runs_it(make_project):
    project = make_project(cmd=COMMANDS["the shell stays"])
    dvc = project.start()
    stage = project.stage(dvc)
    shell = Path(f"/proc/{stage}/stat").read_text().rpartition(")")[2].split()[1]
    subprocess.run(["kill", "-9", shell], check=True)
    wait_until_gone(stage)
    assert dvc.wait() != 0


def test_a_stage_whose_dvc_has_ended_before_it_began_does_not_begin(make_project):
    project = make_project()
    project.environment["DVC_STAGE"] = "slow"
    orphan = ("sh", "-c", "(sleep 1; exec python -m stages.slow) &")
    started = subprocess.run(
        orphan, cwd=project.folder, env=project.environment, start_new_session=True, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert "has ended, so the stage does not begin" in started.stderr and "Traceback" not in started.stderr
    assert not project.begun.exists()


def test_a_stage_that_cannot_look_goes_on(make_project):
    project = make_project(cmd=COMMANDS["the shell stays"])
    stage = project.folder / "stages/slow.py"
    blind = "import resource, time; resource.setrlimit(resource.RLIMIT_NOFILE, (0, 4096)); time.sleep(1)"
    sees = "resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 4096))"
    stage.write_text(stage.read_text().replace("def main():", f"def main():\n    {blind}\n    {sees}"))
    dvc = project.start()
    project.stage(dvc)
    project.let_it_end()
    said = dvc.communicate(timeout=60)[0]
    assert dvc.returncode == 0, said


def test_a_stage_started_by_hand_outlives_who_started_it(make_project):
    project = make_project()
    started = project.start("sh", "-c", "python -m stages.slow & exec sleep 60")
    stage = project.stage(started)
    started.kill()
    project.let_it_end()
    wait_until_gone(stage)
    assert (project.folder / "outputs/made.txt").exists()
