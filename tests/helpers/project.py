"""A small copy of this project in a folder of its own, driven through the real `dvc`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from helpers.shipped import shipped_text

ROOT = Path(__file__).resolve().parents[2]

ALWAYS = {"scan", "finish"}
"""The stages that run every time."""

TINY: dict[str, Any] = {
    "sample": {"train_videos": 6, "val_videos": 2, "test_videos": 4},
    "slowfast": {"size": 32},
    "resnet": {"size": 32},
    "text": {"layers": 2, "hidden": 16, "heads": 2},
    "report": {"examples": 2},
}
"""Parameters that make the embedded sample a matter of seconds; what it learns is not looked at."""

TINY_RECIPE: dict[str, Any] = {"hidden": 16, "batch_videos": 4, "epochs": 2}
"""Values for the recipe `default` of every model and localizer, where it has them."""


class Project:
    """A git and DVC repository with this project's files as they are in the working tree; params.yaml is as shipped."""

    def __init__(self, folder: Path, changes: dict[str, Any], recipe: dict[str, Any] | None = None):
        """recipe: changes of the recipe `default` of every model and localizer that has the keys."""
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file() and name != "dvc.lock":
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        (folder / "params.yaml").write_text(shipped_text(), encoding="utf-8")
        self.change(changes)
        for path in (folder / "recipes").rglob("*.yaml"):
            known = yaml.safe_load(path.read_text())["default"]
            name = path.relative_to(folder / "recipes").with_suffix("").as_posix()
            self.change_recipe(name, {key: value for key, value in (recipe or {}).items() if key in known})
        for command in (
            ["init", "--quiet"],
            ["config", "user.email", "tests@example.org"],
            ["config", "user.name", "tests"],
            ["add", "--all"],
            ["commit", "--quiet", "--message", "the project"],
        ):
            self.git(*command)

    @classmethod
    def at(cls, folder: Path) -> "Project":
        """A checkout that is there already, as it is."""
        project = cls.__new__(cls)
        project.folder = folder
        return project

    def clone(self, folder: Path) -> "Project":
        """A `git clone` of what is committed."""
        subprocess.run(["git", "clone", "--quiet", self.folder, folder], check=True)
        return self.at(folder)

    def git(self, *arguments: str) -> str:
        """Run `git`, return what it printed."""
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def change(self, changes: dict[str, Any]) -> None:
        """Set parameters: a nested mapping merged into params.yaml."""
        path = self.folder / "params.yaml"
        document = yaml.safe_load(path.read_text())
        _merge(document, changes)
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def change_recipe(self, of: str, values: dict[str, Any], name: str = "default") -> None:
        """Set values of a recipe in recipes/<of>.yaml; other recipes keep theirs.

        of: the name of a model, or localizers/<name>.
        """
        path = self.folder / "recipes" / f"{of}.yaml"
        document = {key: dict(recipe) for key, recipe in yaml.safe_load(path.read_text()).items()}
        document.setdefault(name, dict(document["default"])).update(values)
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def dvc(self, *arguments: str, fails: bool = False, **environment: str) -> str:
        """Run `dvc`, return what it printed (both streams); asserts that it ends well, or that it fails."""
        binaries = str(Path(sys.executable).parent)
        done = subprocess.run(
            ["dvc", *arguments],
            cwd=self.folder,
            env={**os.environ, "PATH": binaries + os.pathsep + os.environ["PATH"], **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, f"dvc {arguments} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def repro(self, **environment: str) -> list[str]:
        """`dvc repro`; returns the stages that really ran, in order."""
        return ran(self.dvc("repro", **environment))

    def path(self, name: str) -> Path:
        return self.folder / name


def ran(output: str) -> list[str]:
    """The stages whose commands DVC executed, from what it printed, but for those that always run."""
    return [stage for stage in re.findall(r"Running stage '(\w+)'", output) if stage not in ALWAYS]


def _merge(document: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if isinstance(value, dict):
            _merge(document[name], value)
        else:
            document[name] = value
