"""A stage runs the code of the folder that dvc runs it in, also where this checkout is installed as a package."""

from pathlib import Path

from helpers.project import ROOT, TINY, Project

SAYS_WHERE = "import os\nwith open(os.environ['SAID'], 'a') as said:\n    said.write(__file__ + '\\n')\n"


def test_a_copy_and_a_temporary_experiment_import_their_own_code(tmp_path):
    project = Project(tmp_path / "copy", TINY)
    (project.path("pipeline/__init__.py")).write_text(SAYS_WHERE)
    project.git("commit", "--quiet", "--all", "--message", "say where")
    said = tmp_path / "said"
    environment = {"SAID": str(said), "PYTHONPATH": str(ROOT)}

    project.dvc("repro", "scan", **environment)
    assert set(said.read_text().split("\n")) == {str(project.path("pipeline/__init__.py")), ""}

    said.unlink()
    project.dvc("exp", "run", "--temp", "scan", **environment)
    found = {Path(line) for line in said.read_text().splitlines()}
    assert found and all(path.is_relative_to(project.path(".dvc/tmp/exps")) for path in found)
