"""What a stage really depends on: the files it imports, directly or not, and the sections of params.yaml it loads."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline.settings.check import sections

PACKAGES = ("pipeline", "stages")
RECIPE_FILES = {"MODELS": "pipeline.models", "LOCALIZERS": "pipeline.localizers"}


def import_closure(entry: Path, root: Path, choices: dict[str, str]) -> set[str]:
    """The project files that running `entry` reads as code, relative to `root`, empty `__init__.py` left out.

    choices: what stands for the chosen module of a folder where it is imported by name at run time, for example
    {"pipeline.models": "amdnet"}; a package without a choice is not followed.
    """
    found: set[Path] = set()
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for module in _imported_modules(_imports(path, path.stat().st_mtime_ns), choices):
            waiting += _files_of(module, root)
    return {str(path.relative_to(root)) for path in found if path.read_text(encoding="utf-8").strip()}


@cache
def _imports(path: Path, changed: int) -> list[ast.AST]:
    """The nodes of a file that import something; changed: when the file was, so that it is read again after that."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) or _imports_by_name(node)]


def _imports_by_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module")


def _imported_modules(nodes: list[ast.AST], choices: dict[str, str]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            # Whoever has the recipe files of a room reads the schema of the chosen one.
            rooms = (RECIPE_FILES[alias.name] for alias in node.names if alias.name in RECIPE_FILES)
            yield from (f"{room}.{choices[room]}.recipe" for room in rooms if room in choices)
        elif isinstance(node, ast.Call):
            assert isinstance(node.args[0], ast.JoinedStr), (
                "import_module wants an f-string that starts with the package"
            )
            start, _, *rest = node.args[0].values
            package = start.value.rstrip(".")
            if package in choices:
                yield f"{package}.{choices[package]}{''.join(part.value for part in rest)}"


def _files_of(module: str, root: Path) -> list[Path]:
    parts = module.split(".")
    if parts[0] not in PACKAGES:
        return []
    packages = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    own = root.joinpath(*parts).with_suffix(".py")
    return [path for path in [*packages, own] if path.is_file()]


def loaded_sections(stage: Path, of_readers: set[str]) -> set[str]:
    """The parameters and sections of params.yaml that the stage names in its calls of `load`.

    of_readers: the sections that the readers of data sets have of their own, for `load(..., *own_sections)`.
    """
    by_class = {schema.__name__: name for name, schema in sections().items()}
    found: set[str] = set()
    for node in ast.walk(ast.parse(stage.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "load":
            for argument in node.args:
                if isinstance(argument, ast.Starred):
                    found |= of_readers
                else:
                    found.add(argument.value if isinstance(argument, ast.Constant) else by_class[argument.id])
    return found
