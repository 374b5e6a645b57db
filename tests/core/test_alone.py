"""One stage at a time works in a folder: another one ends with a message, and a dead one is in nobody's way."""

import pytest
from helpers.tiny import wait_until_gone

import pipeline.core.alone as alone
from pipeline.core.errors import PipelineError

BY_HAND = ("python", "-m", "stages.slow")


@pytest.mark.parametrize("second", [("dvc", "repro"), BY_HAND])
def test_a_second_run_in_a_folder_ends_with_one_message(make_project, second):
    project = make_project()
    first = project.start(*BY_HAND)
    stage = project.stage(first)
    project.begun.unlink()
    other = project.start(*second)
    said = other.communicate(timeout=60)[0]
    assert other.returncode != 0 and not project.begun.exists()
    assert f"another run is at work in this folder (process {stage}: python -m stages.slow)" in said
    assert "Traceback" not in said and said.count("What to do:") == 1
    project.let_it_end()
    assert first.wait() == 0


def test_two_folders_do_not_wait_for_each_other(make_project):
    projects = [make_project(name) for name in ("a", "b")]
    runs = [project.start(*BY_HAND) for project in projects]
    for project, run in zip(projects, runs, strict=True):
        project.stage(run)
        project.let_it_end()
    assert [run.wait() for run in runs] == [0, 0]


def test_a_stage_that_was_killed_blocks_nobody_even_where_its_child_lives_on(make_project):
    project = make_project()
    code = (project.folder / "stages/slow.py").read_text()
    forks = code.replace("def main():", "def main():\n    if os.fork() == 0: time.sleep(30); os._exit(0)")
    (project.folder / "stages/slow.py").write_text(forks)
    killed = project.start(*BY_HAND)
    stage = project.stage(killed)
    killed.kill()
    wait_until_gone(stage)
    project.let_it_end()
    again = project.start("sh", "-c", "python -m stages.slow > /dev/null 2>&1")
    assert again.wait() == 0


def test_a_run_that_is_about_to_end_is_waited_for(make_project):
    project = make_project()
    first = project.start(*BY_HAND)
    project.stage(first)
    second = project.start(*BY_HAND)
    project.let_it_end()
    assert first.wait() == 0 and second.wait() == 0


def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch, capsys):
    def no_locks(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(alone.fcntl, "lockf", no_locks)
    monkeypatch.chdir(tmp_path)
    alone.work_alone()
    assert "Operation not supported; start no second run here" in capsys.readouterr().err


@pytest.mark.parametrize("lock", [alone.LOCK, alone.WITHOUT_DVC])
def test_what_is_no_file_is_named(tmp_path, monkeypatch, lock):
    monkeypatch.chdir(tmp_path)
    lock.mkdir(parents=True)
    with pytest.raises(PipelineError, match="cannot be opened") as caught:
        alone.work_alone()
    assert caught.value.where == lock
