"""The contracts of pyproject.toml on who imports whom: the code keeps them, and an import that breaks one is found."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.core.plugins import names

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
STANDS_ABOVE, ROOMS, MODELS, LOCALIZERS, BACKBONES, DATA_SETS = (contract["name"] for contract in SETTINGS["contracts"])

model, other_model = names("models", "model")[:2]
localizer, other_localizer = names("localizers", "recipe")[:2]
backbone, other_backbone = names("backbones", "stream")[:2]
data_set, other_data_set = names("annotations", "reader")[:2]


def lint(folder: Path) -> str:
    """What lint-imports prints about the code in `folder`."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    arguments = [sys.executable, "-c", command, "--no-logo", "--no-cache"]
    wide = {**os.environ, "COLUMNS": "500"}  # or long lines are broken
    return subprocess.run(arguments, cwd=folder, env=wide, capture_output=True, text=True, timeout=120).stdout


def broken(output: str) -> list[str]:
    """The names of the broken contracts; every contract must have been checked."""
    found = dict(re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.*\))?$", output, re.MULTILINE))
    assert list(found) == [contract["name"] for contract in SETTINGS["contracts"]], output
    return [name for name, state in found.items() if state == "BROKEN"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code and of the contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in SETTINGS["root_packages"]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=lambda folder, found: [
            name for name in found if not name.endswith(".py") and not (Path(folder) / name).is_dir()
        ])  # fmt: skip
    return tmp_path


def add(tree: Path, module: str, imported: str) -> None:
    """Let a module, or the package of that name, import another one."""
    path = tree / module.replace(".", "/")
    with open(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"), "a", encoding="utf-8") as file:
        file.write(f"\nimport {imported}\n")


def not_allowed(output: str) -> Iterable[tuple[str, str]]:
    return re.findall(r"^([\w.]+) is not allowed to import ([\w.]+):$", output, re.MULTILINE)


def test_the_code_keeps_them():
    output = lint(ROOT)
    assert broken(output) == [], output


@pytest.mark.parametrize(
    ("contract", "module", "imported"),
    [
        (STANDS_ABOVE, "pipeline.settings.check", "stages.train"),
        (STANDS_ABOVE, "pipeline.settings.check", "tools.status"),
        (STANDS_ABOVE, "stages.train", "tools.status"),
        (STANDS_ABOVE, "tools.compare", "stages.train"),
        (STANDS_ABOVE, "experiments.runs", "benchmarks.machine"),
        (MODELS, f"pipeline.models.{model}.model", f"pipeline.models.{other_model}.model"),
        (MODELS, "pipeline.models.common.registry", f"pipeline.models.{model}.model"),
        (LOCALIZERS, f"pipeline.localizers.{localizer}.recipe", f"pipeline.localizers.{other_localizer}.recipe"),
        (LOCALIZERS, "pipeline.localizers.common.registry", f"pipeline.localizers.{localizer}.recipe"),
        (BACKBONES, f"pipeline.backbones.{backbone}.network", f"pipeline.backbones.{other_backbone}.params"),
        (BACKBONES, "pipeline.backbones.common.weights", f"pipeline.backbones.{backbone}.params"),
        (DATA_SETS, f"pipeline.annotations.{data_set}.reader", f"pipeline.annotations.{other_data_set}.reader"),
        (DATA_SETS, "pipeline.annotations.common.records", f"pipeline.annotations.{data_set}.reader"),
    ],
)
def test_an_import_that_breaks_one_is_found(tree, contract, module, imported):
    add(tree, module, imported)
    output = lint(tree)
    assert broken(output) == [contract], output
    assert re.search(rf"^-? +{re.escape(module)} -> {re.escape(imported)} ", output, re.MULTILINE), output


def test_no_room_may_import_the_one_above_it(tree):
    (rooms,) = (contract["layers"] for contract in SETTINGS["contracts"] if contract.get("containers"))
    pairs = [(f"pipeline.{lower}", f"pipeline.{upper}") for upper, lower in pairwise(rooms)]
    for lower, upper in pairs:
        add(tree, lower, upper)
    output = lint(tree)
    assert broken(output) == [ROOMS] and set(pairs) <= set(not_allowed(output)), output


def test_a_new_room_needs_a_place_among_the_others(tree):
    (tree / "pipeline" / "attic").mkdir()
    (tree / "pipeline" / "attic" / "__init__.py").touch()
    assert broken(lint(tree)) == [ROOMS]
