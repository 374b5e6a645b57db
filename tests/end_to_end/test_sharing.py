"""docs/sharing.md, command by command: two people, a git server, and a remote of DVC, all of them folders."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.project import TINY, TINY_RECIPE, Project

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sharing.md"
TITLES = ("remote", "make", "clone", "go on", "look", "older", "room")


def blocks():
    """The commands of each block of the page, without comments."""
    found = re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = [[re.sub(r"\s{2,}#.*", "", line) for line in block.splitlines()] for block in found]
    return dict(zip(TITLES, lines, strict=True))


BLOCKS = blocks()


class Person:
    """Somebody with a folder of the project."""

    def __init__(self, folder: Path, places: dict[str, Path]):
        self.folder, self._places = folder, places

    def does(self, title: str) -> dict[str, str]:
        """Run the block, and return what each line printed; `cd` moves to the folder."""
        return {line: self.run(line) for line in BLOCKS[title]}

    def run(self, line: str, fails: bool = False) -> str:
        for name, place in self._places.items():
            line = line.replace(name, str(place))
        if line.startswith("cd "):
            self.folder = self.folder / line.removeprefix("cd ")
            return ""
        line = re.sub(r"^amdnet ", f"{sys.executable} -m tools.command ", line)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        person = {name: "tests" for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME")}
        person |= {name: "tests@example.org" for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL")}
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder, env={**os.environ, **person, "PATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The project of the one who has the videos, and the two servers."""
    root = tmp_path_factory.mktemp("sharing")
    project = Project(root / "project", TINY, TINY_RECIPE)
    project.git("branch", "-M", "main")
    project.git("init", "--quiet", "--bare", "--initial-branch=main", str(root / "git"))
    project.git("remote", "add", "origin", str(root / "git"))
    return {"/shared/amdnet": root / "remote", "git@example.org:you/project.git": root / "git"}


def test_the_page_is_true(places):
    root = places["/shared/amdnet"].parent
    you, colleague = Person(root / "project", places), Person(root, places)
    outputs = root / "project" / "outputs"

    you.does("remote")
    made = you.does("make")
    assert "learning_rate=0.001" in made["amdnet compare-runs"]
    assert "uploaded" in made["dvc exp push origin rate"]
    base = (outputs / "evaluation" / "metrics.json").read_bytes()

    cloned = colleague.does("clone")
    assert "rate" in cloned["dvc exp list origin"] and cloned["amdnet compare-runs"] == made["amdnet compare-runs"]
    assert (colleague.folder / "outputs" / "evaluation" / "metrics.json").read_bytes() == base
    assert not (colleague.folder / "data" / "rendered").exists()
    went_on = colleague.does("go on")
    assert set(re.findall(r"Running stage '(\w+)'", went_on["dvc repro"])) == {"scan"}
    assert "uploaded" in went_on["dvc exp push origin faster"]

    looked = colleague.does("look")
    assert "recipes/amdnet.yaml" in looked["git diff --stat"]
    assert (colleague.folder / "outputs" / "evaluation" / "metrics.json").read_bytes() == base
    assert "rate-kept" in colleague.run("git branch") and colleague.run("git status --short") == ""

    room = colleague.does("room")
    assert "No unused" not in room["dvc gc --all-commits --all-experiments --dry"]
    colleague.run("dvc exp apply rate")
    colleague.run("git checkout . && dvc checkout")


def test_an_experiment_without_the_remote_is_pushed_by_way_of_the_workspace(places, tmp_path):
    """What the page warns of is so, and what it says to do then helps."""
    root = places["/shared/amdnet"].parent
    you, colleague = Person(root / "project", places), Person(tmp_path, places)
    with_remote = you.run("git show HEAD:.dvc/config")
    you.run("dvc exp remove rate && dvc remote remove shared && git commit -qam 'No remote'")
    you.run("dvc exp run --temp -n rate -S 'recipes/amdnet.yaml:default.learning_rate=2e-3'")
    (you.folder / ".dvc" / "config").write_text(with_remote)
    you.run("git commit -qam 'The remote again' && git push -q origin main")
    assert "uploaded" not in you.run("dvc exp push origin rate --force")
    colleague.run("git clone git@example.org:you/project.git colleague")
    colleague.run("cd colleague")
    colleague.run("dvc exp pull origin rate")
    colleague.run("dvc exp apply rate", fails=True)
    assert "remote" not in (colleague.folder / ".dvc" / "config").read_text()

    you.does("older")
    colleague.run("git checkout .dvc/config")
    colleague.run("dvc pull")
    assert "0.002" in (colleague.folder / "outputs" / "model" / "config.json").read_text()
