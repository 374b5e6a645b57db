"""Looks for the files that parameters name, such as weights, before the hours of work that would end where one is not.

Test: tests/settings/test_files.py.
"""

import difflib
from collections.abc import Iterator
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_yaml
from pipeline.core.params import load
from pipeline.core.runtime import resolve
from pipeline.core.schema import NamesFile
from pipeline.settings.check import sections


def check_files(params: Path | str = "params.yaml", lock: Path | str = "dvc.lock") -> None:
    """Raise PipelineError for the first parameter that names a file or folder which does not exist.

    Where a stage has finished with this value, the file is not asked for: a clone may have the outputs without it.
    """
    missing = [
        (section, key, value, words)
        for section, key, value, words in _named(params)
        if value not in words and not resolve(value).exists()
    ]
    finished = _finished(Path(lock)) if missing else set()
    for section, key, value, words in missing:
        if (section, key, value) not in finished:
            close = difflib.get_close_matches(value, words, n=1)
            raise PipelineError(
                f"`{section}.{key}: {value}` is neither {' nor '.join(words)}, nor is there such a file or folder "
                f"({resolve(value)})",
                where=params,
                fix=f"did you mean `{close[0]}`?" if close else "correct the path; see docs/parameters.md",
            )


def _named(params: Path | str) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Yield section, key, value and words of each parameter that may name a file."""
    for section, schema in sections().items():
        for key, field in schema.model_fields.items():
            for mark in field.metadata:
                if isinstance(mark, NamesFile):
                    values = getattr(load(schema, path=params), section)
                    yield section, key, getattr(values, key), mark.words


def _finished(lock: Path) -> set[tuple[str, str, str]]:
    """Read from DVC's lock file with which values of sections a stage has finished."""
    stages = read_yaml(lock, absent="")["stages"].values() if lock.is_file() else ()
    read = [stage.get("params", {}).get("params.yaml", {}) for stage in stages]
    return {
        (section, key, value)
        for params in read
        for section, values in params.items()
        if isinstance(values, dict)
        for key, value in values.items()
        if isinstance(value, str)
    }
