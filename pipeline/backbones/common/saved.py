"""What folders have in common that a parameter names or that this project has saved: which files, and of one model.

Tests: tests/backbones/test_tokenizer.py, tests/backbones/test_clip_load.py, tests/text/test_saved.py.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.core.errors import PipelineError
from pipeline.core.schema import Section

Header = TypeVar("Header", bound=Section)

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
IN_PARTS = f"its weights are in several files, which {INDEX} lists, and {WEIGHTS} is not there"
"""What is wrong with a model as large ones are published."""
JOIN = f"join the files to one {WEIGHTS} as docs/clip.md shows"


def check_folder(folder: Path, names: Iterable[str], param: str, fix: str) -> None:
    """Raise PipelineError where the folder that `param` names does not exist, or lacks one of the files."""
    if not folder.is_dir():
        raise PipelineError(f"{param} names a folder that does not exist", where=folder, fix=fix)
    for name in names:
        if not (folder / name).is_file():
            if name == WEIGHTS and (folder / INDEX).is_file():
                raise PipelineError(f"{param}: {IN_PARTS}", where=folder, fix=JOIN)
            raise PipelineError(f"{param} names a folder without {name}", where=folder, fix=fix)


def parse_header(schema: type[Header], content: Any, what: str, path: Path, fix: str) -> Header:
    """Return the header of a thing, `what`, as a JSON file has it; raises PipelineError where the content is none."""
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        cause = f"it does not describe a {what}: `{'.'.join(map(str, first['loc']))}`: {first['msg']}"
        raise PipelineError(cause, where=path, fix=fix) from None


def check_same(made: Mapping[str, Any], saved: Mapping[str, Any], what: str, folder: Path, fix: str) -> None:
    """Raise PipelineError, which names what differs, where the thing that was opened is not the one that was saved."""
    if made != saved:
        differing = sorted(name for name in made.keys() | saved.keys() if made.get(name) != saved.get(name))
        cause = f"this is not the {what} that was saved: another {', another '.join(differing)}"
        raise PipelineError(cause, where=folder, fix=fix)
