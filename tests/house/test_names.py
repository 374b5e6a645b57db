"""No file outside the folder of a data set, a model or a localizer names it, so that adding one changes no other file.

The same holds of a visual stream, which has a stage of its own besides.

Three rules, over the syntax trees of the code, docstrings left out:
1. Nothing is imported from the folder of one by another file; who needs it finds it by name at run time. The text
   encoder of a model with two sides lies in the folder of the stream, and `TEXT_ENCODERS` import it.
2. No string is the name of one, or holds it as a word. Of a name that is a word of other uses too (`ALSO`), no string
   is it as a whole, but for `KEYS`, and none says `dataset: <name>`, `model: <name>` or `localizer: <name>`.
   `EXCEPTIONS` are where it is in another use.
3. A variable `dataset` or `model` is compared with no constant that is called as one, for example `dataset == PACK`.
"""

import ast
import re
from collections.abc import Container, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("annotations", "models", "localizers")
CODE = ("pipeline", "stages", "tools")

ALSO = {
    "amdnet": "the project and its command",
    "clip": "a few seconds of a video; and a text encoder, whose other half is the stream",
    "cca": "the start of a training that canonical correlations give, `start: cca`",
    "folder": "a folder",
    "moments": "moments of a video: the axis and the option of models that learn them, and what localizers find",
    "pack": "a feature pack: a room, a stage, a stream and a section of params.yaml",
    "sample": "a sample, to draw one",
}
"""Names that are words of other uses too, and which."""
KEYS = {"clip", "moments"}
"""Those of them that as a whole string are keys of tables and results everywhere."""

EXCEPTIONS = {
    ("pipeline/annotations/common/listed.py", "pack"): "the kind of the files of a feature pack",
    ("pipeline/corpus/params.py", "pack"): "the stream",
    ("pipeline/packs/importing.py", "pack"): "the stream, in its provenance",
    ("pipeline/packs/params.py", "pack"): "the section of params.yaml",
    ("pipeline/report/tables.py", "pack"): "the stream, and what prepare.json says of a feature pack",
    ("pipeline/core/learning.py", "moments"): "the way out for a user whose data set has no spans",
    ("pipeline/localizer_training/train.py", "cca"): "a value of `start`",
    ("pipeline/localizers/common/recipe.py", "cca"): "a value of `start`",
    ("pipeline/models/common/recipe.py", "cca"): "a value of `start`",
    ("pipeline/training/train.py", "cca"): "a value of `start`",
    ("pipeline/models/gmmformer/authors.py", "tvr"): "the first part of names in the fixture of the authors' results",
    ("pipeline/models/ms_sl/authors.py", "tvr"): "the first part of names in the fixture of the authors' results",
    ("tools/command.py", "amdnet"): "the command",
    ("tools/parameters.py", "resnet"): "an example of a parameter",
}
"""Where a name stands in a use of another kind, and in which."""
TEXT_ENCODERS = (
    "pipeline/text/clip_encoder.py",
    "pipeline/text/expected.py",
    "pipeline/text/saved.py",
    "stages/query_text.py",
)
EXCEPTIONS |= {(file, "clip"): "the text encoder" for file in TEXT_ENCODERS}


def _names(room: str) -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "pipeline" / room).glob("*/__init__.py"))


STREAMS = {path.parent.name for path in (ROOT / "pipeline" / "backbones").glob("*/stream.py")}
FOLDERS = [(name, f"pipeline/{room}/{name}") for room in ROOMS for name in _names(room) if name != "common"]
FOLDERS += [(name, f"pipeline/backbones/{name}") for name in sorted(STREAMS)]
OWNERS = {name: [folder for other, folder in FOLDERS if other == name] for name, _ in FOLDERS}
"""The folder of every data set, model and localizer by name; two where a localizer is called as its model."""


def violations(file: str, text: str, exceptions: Container[tuple[str, str]] = EXCEPTIONS) -> Iterator[str]:
    """What the law forbids in a file of this path and text, each as `line: what`."""
    tree = ast.parse(text)
    strange = [(name, folder) for name, folder in FOLDERS if not file.startswith((f"{folder}/", f"stages/{name}.py"))]
    foreign = {name for name, folders in OWNERS.items() if all((name, folder) in strange for folder in folders)}
    docstrings = set(_docstrings(tree))
    for node in ast.walk(tree):
        for module in _imported(node):
            of = [name for name, folder in strange if f"{module}.".startswith(f"{folder.replace('/', '.')}.")]
            if of and (file, of[0]) not in exceptions:
                yield f"{node.lineno}: imports {module}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            named = [name for name in foreign if _is_named(name, node.value) and (file, name) not in exceptions]
            yield from (f"{node.lineno}: names {name}" for name in named)
        if isinstance(node, ast.Compare):
            sides = [side for whole in (node.left, *node.comparators) for side in getattr(whole, "elts", [whole])]
            called = [_last_name(side) for side in sides]
            if {"dataset", "model"} & set(called):
                yield from (f"{node.lineno}: compares with {name}" for name in called if name.lower() in foreign)


def _is_named(name: str, text: str) -> bool:
    if name in ALSO:
        whole = text == name and name not in KEYS
        return whole or re.search(rf"\b(dataset|model|localizer)[:=] ?{name}\b", text) is not None
    return re.search(rf"\b{name}\b", text) is not None


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    """Every string that stands as a statement: of modules, classes, functions, and below constants."""
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))


def _last_name(node: ast.expr) -> str:
    """`dataset` of `dataset`, `params.dataset` and `config["dataset"]`; else nothing."""
    if isinstance(node, ast.Subscript):
        node = node.slice
    if isinstance(node, ast.Constant):
        return str(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _files() -> list[str]:
    return [path.relative_to(ROOT).as_posix() for part in CODE for path in sorted((ROOT / part).rglob("*.py"))]


def test_every_name_has_one_owner_but_for_a_localizer_called_as_its_model():
    shared = {name: folders for name, folders in OWNERS.items() if len(folders) > 1}
    assert all(
        folders == [f"pipeline/models/{name}", f"pipeline/localizers/{name}"] for name, folders in shared.items()
    )
    assert "slowfast" in STREAMS
    assert set(ALSO) <= set(OWNERS)


@pytest.mark.parametrize("part", CODE)
def test_no_file_names_a_data_set_a_model_or_a_localizer_of_another_folder(part):
    files = [file for file in _files() if file.startswith(f"{part}/")]
    found = [f"{file}:{what}" for file in files for what in violations(file, (ROOT / file).read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("file", "name"), EXCEPTIONS)
def test_every_exception_is_needed(file, name):
    found = violations(file, (ROOT / file).read_text(), exceptions=())
    assert any(what.endswith(f"names {name}") or f".{name}." in what for what in found)


@pytest.mark.parametrize(
    "seeded",
    [
        "from pipeline.annotations.tvr.reader import read",
        "from pipeline.annotations import tvr",
        "VISUAL = ('slowfast', 'x')",
        "from pipeline.models.cca.model import CCA",
        "import pipeline.models.amdnet.recipe",
        "def f():\n    from pipeline.annotations.folder import reader",
        "if dataset == 'didemo': pass",
        "NEEDED = {'sample': 'annotation'}",
        "READS = ('charades', 'x')",
        "match dataset:\n    case 'pack': pass",
        "fix = f'set `dataset: pack`, {more}'",
        "fix = 'dvc exp run -S model=cca'",
        "Field(description='auto: 30 for didemo, else all')",
        "import_module('pipeline.annotations.tvr.reader')",
        "visual = [PACK] if dataset == PACK else []",
        "if params.dataset != params_of.PACK: pass",
        "if config['model'] in (CCA, X): pass",
        "from pipeline.localizers.prem import network",
        "fix = 'set `localizer: moments`'",
    ],
)
def test_a_seeded_violation_is_found(seeded):
    assert list(violations("pipeline/scan/kinds.py", seeded))


@pytest.mark.parametrize(
    "innocent",
    [
        '"""Reads what `didemo` has."""',
        "def f():\n    '''As tvr has them.'''",
        "SUFFIXES = '.folder'",
        "cache = '~/.cache/amdnet'",
        "from pipeline.annotations.common.layout import layout_of",
        "if file.kind == PACK: pass",
        "table['moments'] = rows",
        "if dataset in recipes: pass",
        "import_module(f'pipeline.annotations.{dataset}.layout')",
    ],
)
def test_what_names_none_is_left_alone(innocent):
    assert not list(violations("pipeline/scan/kinds.py", innocent))


def test_a_data_set_may_name_itself_but_no_other():
    own = "from pipeline.annotations.didemo.layout import LAYOUT\nread_by(record, but='didemo')"
    assert not list(violations("pipeline/annotations/didemo/reader.py", own))
    assert len(list(violations("pipeline/annotations/tvr/reader.py", own))) == 2
