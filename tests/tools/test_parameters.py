"""docs/parameters.md and the comments beside the parameters: what the schemas say, and nothing else."""

import shutil
from pathlib import Path

import pytest
import typer
import yaml
from helpers.shipped import PARAMS

from pipeline.core.errors import PipelineError
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common.recipe_file import MODELS
from pipeline.settings.check import schemas, sections
from tools.parameters import commented, parameters, rendered

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The files that the command writes, in a folder of their own, which is the current one."""
    (tmp_path / "docs").mkdir()
    for name in ("recipes", "docs/parameters.md"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    shutil.copy(PARAMS, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_file_is_what_the_command_writes(project):
    for path, text in rendered(project).items():
        assert path.read_text() == text, f"run `amdnet parameters`, and copy params.yaml to {PARAMS}"


def test_every_parameter_stands_in_the_documentation_once():
    rows = [line.split("|")[1].strip(" `") for line in (ROOT / "docs/parameters.md").read_text().splitlines()
            if line.startswith("| `")]  # fmt: skip
    single = [name for name in schemas() if name not in sections()]
    nested = [f"{name}.{key}" for name, section in sections().items() for key in section.model_fields]
    recipes = [
        key for files in (MODELS, LOCALIZERS) for name in files.names() for key in files.schema(name).model_fields
    ]
    assert sorted(rows) == sorted([*single, *nested, *recipes])


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("params.yaml", "pooling: max               # max | mean: over the frames of a clip", "pooling: max  # so"),
        ("params.yaml", "model: amdnet           # amdnet | cca", "model: amdnet  # cca"),
        ("params.yaml", "seed: 0                    # integer >= 0: what happens in the videos", "seed: 0"),
        ("recipes/cca.yaml", "# added to the variances", "# taken from the variances"),
        ("recipes/localizers/prem.yaml", "# layers of the fusion", "# heads of the fusion"),
        ("docs/parameters.md", "| `pack.row_seconds` | `1.5` |", "| `pack.row_seconds` | `2` |"),
    ],
)
def test_what_differs_from_the_schemas_is_found_and_put_right(project, capsys, file, right, wrong):
    path = project / file
    before = path.read_text()
    differs = before.replace(right, wrong, 1)
    assert differs != before
    path.write_text(differs)
    with pytest.raises(typer.Exit) as ended:
        parameters(check=True)
    assert ended.value.exit_code == 3 and path.read_text() == differs
    assert capsys.readouterr().out == f"{file}: differs from the schemas; run `amdnet parameters`\n"
    parameters(check=False)
    assert [line.split() for line in path.read_text().splitlines()] == [line.split() for line in before.splitlines()]
    parameters(check=True)


def test_nothing_is_written_where_nothing_differs(project, capsys):
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*.*")}
    parameters(check=False)
    assert capsys.readouterr().out == ""
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*.*")} == before


def test_elsewhere_it_says_where_to_run_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match="run from the project's top folder"):
        parameters(check=False)


def test_new_comments_stand_below_each_other():
    described = {"part": {"a": "one", "long": "two"}}
    assert commented("part:\n  a: 1\n  long: 2\n", described) == "part:\n  a: 1     # one\n  long: 2  # two\n"


def test_only_the_comments_of_what_is_described_change():
    text = (
        "# Top.\n"
        "a: 1  # old\n"
        "b: [x, 'y # z']\n"
        "part:  # a section's own\n"
        "  long_name: 'q # r'   # right\n"
        "  other: 2\n"
        "more: &more  # a recipe's own\n"
        "  <<: {k: 1}\n"
        "  long_name: 3  # its own\n"
    )
    put_right = commented(text, {"a": "one", "b": "list", "part": {"long_name": "right", "other": "new"}})
    assert put_right == (
        "# Top.\n"
        "a: 1  # one\n"
        "b: [x, 'y # z']  # list\n"
        "part:  # a section's own\n"
        "  long_name: 'q # r'   # right\n"
        "  other: 2             # new\n"
        "more: &more  # a recipe's own\n"
        "  <<: {k: 1}\n"
        "  long_name: 3  # its own\n"
    )
    assert yaml.safe_load(put_right) == yaml.safe_load(text)
