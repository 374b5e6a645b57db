"""docs/sharing.md, command by command: two people, a git server, and a remote of DVC, all of them folders."""

import re
from pathlib import Path

import pytest
from helpers.quick_runs import Folder, quick_repository

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sharing.md"
TITLES = ("remote", "make", "clone", "go on", "look", "older", "room")


def blocks():
    """The commands of each block of the page, without comments."""
    found = re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = [[re.sub(r"\s{2,}#.*", "", line) for line in block.splitlines()] for block in found]
    return dict(zip(TITLES, lines, strict=True))


class Person:
    """Somebody who types what the page says; the servers are folders beside the one in which they start."""

    def __init__(self, folder: Folder, servers: Path):
        self.folder, self._servers = folder, servers

    @property
    def metrics(self) -> str:
        return (self.folder.path / "outputs" / "evaluation" / "metrics.json").read_text()

    def does(self, title: str) -> dict[str, str]:
        """Run the block, and return what each line printed."""
        return {line: self.run(line) for line in blocks()[title]}

    def run(self, line: str, fails: bool = False) -> str:
        for name, place in (("/shared/amdnet", "remote"), ("git@example.org:you/project.git", "git")):
            line = line.replace(name, str(self._servers / place))
        if line.startswith("cd "):
            self.folder = Folder(self.folder.path / line.removeprefix("cd "))
            return ""
        return self.folder.run(line, fails)


@pytest.fixture
def you(tmp_path):
    """The one who begins, with a repository whose server is empty."""
    folder = quick_repository(tmp_path / "project")
    folder.run(f"git init -q --bare -b main {tmp_path / 'git'} && git remote add origin {tmp_path / 'git'}")
    return Person(folder, tmp_path)


@pytest.fixture
def colleague(tmp_path):
    return Person(Folder(tmp_path / "elsewhere"), tmp_path)


@pytest.mark.slow
def test_the_page_is_true(you, colleague):
    you.does("remote")
    made = you.does("make")
    assert "learning_rate=0.001" in made["amdnet compare-runs"]
    assert "uploaded" in made["dvc exp push origin rate"]

    cloned = colleague.does("clone")
    assert "rate" in cloned["dvc exp list origin"] and cloned["amdnet compare-runs"] == made["amdnet compare-runs"]
    assert colleague.metrics == you.metrics
    went_on = colleague.does("go on")
    assert "Running stage" not in went_on["dvc repro"] and "uploaded" in went_on["dvc exp push origin faster"]

    looked = colleague.does("look")
    assert "recipes/amdnet.yaml" in looked["git diff --stat"]
    assert "rate-kept" in colleague.run("git branch") and colleague.run("git status --short") == ""

    cache = colleague.folder.path / ".dvc" / "cache" / "files"
    before = {path for path in cache.rglob("*") if path.is_file()}
    colleague.does("room")
    left = {path for path in cache.rglob("*") if path.is_file()}
    assert left < before, "what `faster` alone had is gone"
    colleague.run("dvc exp apply rate")
    assert "learning_rate: 0.001" in (colleague.folder.path / "recipes" / "amdnet.yaml").read_text()


@pytest.mark.slow
def test_an_experiment_that_is_older_than_the_remote(you, colleague):
    """What the page warns of is so, and what it says to do then helps."""
    you.run("dvc repro && git add -A && git commit -qm 'The base'")
    you.run("dvc exp run --temp -n rate -S 'recipes/amdnet.yaml:default.hidden=512'")
    you.does("remote")
    you.run("git push -q origin main")
    assert "uploaded" not in you.run("dvc exp push origin rate")
    colleague.run("git clone git@example.org:you/project.git colleague")
    colleague.run("cd colleague")
    colleague.run("dvc exp pull origin rate")
    assert "missing-files" in colleague.run("dvc exp apply rate", fails=True)
    assert "remote" not in (colleague.folder.path / ".dvc" / "config").read_text()

    you.does("older")
    colleague.run("git checkout .dvc/config")
    colleague.run("dvc pull")
    assert '"SumR": 512' in colleague.metrics
