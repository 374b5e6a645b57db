"""A stage that DVC runs refuses what is not what the stage before it wrote, though DVC itself sees no change."""

import os
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.recorded import check_inputs, md5_of, recorded_outs

YAML = """
stages:
  make:
    cmd: mkdir -p outputs/folder/deep && seq 100 | tee outputs/a.txt outputs/b.h5 outputs/folder/c outputs/folder/deep/d
    outs: [outputs/a.txt, outputs/b.h5, outputs/folder]
  slow:
    cmd: python -m stages.slow
    deps: [outputs/a.txt, outputs/b.h5, outputs/folder]
    outs: [outputs/made.txt]
"""


@pytest.fixture
def project(make_project):
    project = make_project()
    (project.folder / "dvc.yaml").write_text(YAML)
    project.let_it_end()
    first = project.start()
    said = first.communicate()[0]
    assert first.returncode == 0, said
    return project


@pytest.fixture
def here(project, monkeypatch):
    """The project as the stage `slow` sees it that DVC runs."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("DVC_STAGE", "slow")
    return project.folder


def damage(path: Path) -> None:
    before = path.stat()
    with open(path, "rb+") as file:
        file.write(b"2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_dvc_recorded_is_what_is_there(here):
    recorded = recorded_outs()
    assert set(recorded) == {"outputs/a.txt", "outputs/b.h5", "outputs/folder", "outputs/made.txt"}
    assert all(md5_of(Path(path)) == md5 for path, md5 in recorded.items())
    check_inputs()


@pytest.mark.parametrize(
    ("path", "named"), [("outputs/a.txt", "outputs/a.txt"), ("outputs/folder/deep/d", "outputs/folder")]
)
def test_a_changed_byte_is_named(here, path, named):
    damage(here / path)
    with pytest.raises(PipelineError, match="amdnet repair") as caught:
        check_inputs()
    assert caught.value.where == Path(named)


@pytest.mark.parametrize("path", ["outputs/a.txt", "outputs/folder"])
def test_what_is_gone_is_named(here, path):
    (here / path).rename(here / "elsewhere")
    with pytest.raises(PipelineError, match="No such file"):
        check_inputs()


def test_only_a_stage_that_dvc_runs_looks(here, monkeypatch):
    damage(here / "outputs/a.txt")
    monkeypatch.delenv("DVC_STAGE")
    check_inputs()


def test_dvc_ends_with_the_message(project):
    damage(project.folder / "outputs/a.txt")
    again = project.start("dvc", "repro", "--force", "--single-item", "slow")
    said = again.communicate()[0]
    assert again.returncode != 0 and "Traceback" not in said
    assert "ERROR: outputs/a.txt: it is not what the stage that makes it wrote" in said
