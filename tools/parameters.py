"""`amdnet parameters`: writes docs/parameters.md and the comments beside all parameters from their schemas.

The comments are those of params.yaml, and of the recipe `default` in recipes/**/*.yaml; other recipes, and the keys of
sections, have comments of their own, which stay. Test: tests/tools/test_parameters.py.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from tools.status import DIFFERENT

TOP = "without a section"
GAP = 2  # blanks between a value and its comment, at least
INTRODUCTION = """\
# Parameters

This file is written by `amdnet parameters`, from the schemas in the files `params.py` and `recipe.py` of `pipeline/`.
To change what it says of a parameter, change the `description` there and run the command again. The values are those
of `params.yaml` and of the recipes `default`.

`params.yaml` holds the choices and the settings of the stages, `recipes/<model>.yaml` the hyperparameters of a model,
and `recipes/localizers/<localizer>.yaml` those of a localizer. Each stage checks all of them first, `scan` before any
other, and names for an unknown key, name or value the nearest one there is, and what is allowed. It looks for files
that they name, too: weights, tokenizers. An experiment sets any of them with `-S`, those of a recipe after the name of
its file:

```bash
dvc exp run -S resnet.pooling=mean -S 'recipes/amdnet.yaml:default.learning_rate=1e-3'
```

A name that does not exist is refused by DVC itself, before any stage, with the advice to append it with `+`: look for
the right name here instead (with `+`, `scan` refuses it and names the nearest one).

`|` stands between the values that a parameter can have.
"""


def parameters(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 3 where something differs.")] = False,
) -> None:
    """Write docs/parameters.md, and the comments in params.yaml and recipes/**/*.yaml, from the schemas.

    It is run from the project's top folder. Exit status: 0, 3 with --check where a file differs, 1 an error.
    """
    from pipeline.core.files import atomic_path

    texts = {path: text for path, text in rendered(Path()).items() if not _holds(path, text)}
    for path, text in texts.items():
        typer.echo(f"{path}: {'differs from the schemas; run `amdnet parameters`' if check else 'written'}")
        if not check:
            with atomic_path(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
    if texts and check:
        raise typer.Exit(DIFFERENT)


def rendered(project: Path) -> dict[Path, str]:
    """What each file should hold; raises PipelineError where params.yaml or a recipe is not well."""
    from pipeline.core.params import read_mapping
    from pipeline.localizers.common.recipe import LOCALIZERS
    from pipeline.models.common.recipe_file import DEFAULT, FOLDER, MODELS
    from pipeline.settings.check import check_settings, schemas

    settings = project / "params.yaml"
    check_settings(settings, project / FOLDER)
    values = read_mapping(settings, absent="")
    described = {name: _described(schema) for name, schema in schemas().items()}
    texts = {settings: commented(settings.read_text(encoding="utf-8"), described)}
    parts = [INTRODUCTION, "## params.yaml\n", *_sections(values, described, schemas())]
    for files, name in [(room, name) for room in (MODELS, LOCALIZERS) for name in room.names()]:
        path, schema = files.path(name, project / FOLDER), files.schema(name)
        recipes = read_mapping(path, absent="")
        described = {DEFAULT: _described(schema)}
        texts[path] = commented(path.read_text(encoding="utf-8"), described)
        others = ", ".join(f"`{recipe}`" for recipe in recipes if recipe != DEFAULT)
        parts += [
            f"## {files.path(name)}\n\n{_first_line(schema)}"
            + (f" Besides `{DEFAULT}`, the file has the recipes {others}.\n" if others else "\n"),
            _table(_rows(recipes[DEFAULT], described[DEFAULT])),
        ]
    return {**texts, project / "docs" / "parameters.md": "\n".join(parts)}


def commented(text: str, described: Mapping[str, Any]) -> str:
    """A YAML file with the comment beside each described key put right.

    described: by key, what the comment says, or a mapping of the keys of a section. A comment keeps its column where
    the value leaves room for it; one that was not there stands below those of its section, behind all values.
    """
    from ruamel.yaml import YAML

    lines = text.splitlines()
    for nodes, says in _mappings(YAML(typ="safe", pure=True).compose(text), described):
        ends = {key.value: (key.start_mark.line, _end(key, value)) for key, value in nodes if key.value in says}
        there = [column for line, end in ends.values() if (column := _column(lines[line], end))]
        last = max(there or [end + GAP for _, end in ends.values()], default=0)
        for name, (line, end) in ends.items():
            column = max(end + GAP, _column(lines[line], end) or last)
            lines[line] = f"{lines[line][:end]:{column}}# {says[name]}"
    return "\n".join(lines) + "\n"


def _mappings(document: Any, described: Mapping[str, Any]) -> Iterator[tuple[list[Any], dict[str, str]]]:
    """The keys and values of the document and of each section, with what is said of those that are no sections."""
    yield document.value, {name: says for name, says in described.items() if isinstance(says, str)}
    for key, value in document.value:
        if isinstance(says := described.get(key.value), Mapping):
            yield value.value, dict(says)


def _end(key: Any, value: Any) -> int:
    """The column where the value ends, or its key, where the value stands on lines of its own."""
    same = value.end_mark.line == key.start_mark.line
    return int(value.end_mark.column if same else key.end_mark.column + 1)


def _column(line: str, end: int) -> int:
    """Where the comment after the value begins; 0 where there is none."""
    return line.find("#", end) if "#" in line[end:] else 0


def _described(schema: Any) -> Any:
    """What a schema says of its parameter, or of each parameter of its section."""
    fields = getattr(schema, "model_fields", None)
    if fields is None:
        return next(part.description for part in schema.__metadata__ if getattr(part, "description", None))
    return {name: field.description for name, field in fields.items()}


def _sections(values: Mapping[str, Any], described: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    single = {name: says for name, says in described.items() if isinstance(says, str)}
    yield f"### {TOP}\n"
    yield _table(_rows(values, single))
    for name, section in values.items():
        if name not in single:
            yield f"### `{name}`\n\n{_first_line(schemas[name])}\n"
            yield _table((f"{name}.{key}", *rest) for key, *rest in _rows(section, described[name]))


def _rows(values: Mapping[str, Any], described: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Key, value and description of each parameter, in the order of the file."""
    yield from ((key, _plain(value), described[key]) for key, value in values.items() if key in described)


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| `{key}` | `{value}` | {_escaped(says)} |" for key, value, says in rows]
    return "\n".join(["| key | value | meaning, unit, allowed values |", "|---|---|---|", *lines]) + "\n"


def _plain(value: Any) -> str:
    """A value as YAML has it."""
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


def _first_line(schema: Any) -> str:
    return str(schema.__doc__).splitlines()[0]


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
