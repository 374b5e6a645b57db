"""What a stage really depends on: the files it imports, directly or not, and the sections of params.yaml it loads."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("pipeline", "stages")


def import_closure(entry: Path, root: Path, choices: dict[str, str]) -> set[str]:
    """The project files that running `entry` reads as code, relative to `root`, empty `__init__.py` left out.

    choices: what stands for the chosen module of a folder where it is imported by name at run time, for example
    {"pipeline.models": "amdnet"}.
    """
    found: set[Path] = set()
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for module in _imported_modules(ast.parse(path.read_text(encoding="utf-8")), choices):
            waiting += _files_of(module, root)
    return {str(path.relative_to(root)) for path in found if path.read_text(encoding="utf-8").strip()}


def _imported_modules(tree: ast.AST, choices: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            assert isinstance(node.args[0], ast.JoinedStr), (
                "import_module wants an f-string that starts with the package"
            )
            start, _, *rest = node.args[0].values
            package = start.value.rstrip(".")
            yield f"{package}.{choices[package]}{''.join(part.value for part in rest)}"


def _files_of(module: str, root: Path) -> list[Path]:
    parts = module.split(".")
    if parts[0] not in PACKAGES:
        return []
    packages = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    own = root.joinpath(*parts).with_suffix(".py")
    return [path for path in [*packages, own] if path.is_file()]


def loaded_sections(stage: Path) -> set[str]:
    """The sections of params.yaml named in the stage's call of `load`."""
    sections: set[str] = set()
    for node in ast.walk(ast.parse(stage.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "load":
            for argument in node.args:
                assert isinstance(argument, ast.Constant), f"{stage}: load() takes literal section names"
                sections.add(argument.value)
    return sections
