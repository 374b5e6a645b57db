"""The trained model that a run reuses in the place of training one, as `train.reuse` names its folder.

It is the index of another project, or what training wrote of a model there. The stage `scan` writes which files the
folder has, with their hashes, so that DVC notices other files; the stages that read the folder know of it from there.
Test: tests/core/test_reused.py.
"""

import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.files import as_written, atomic_path, read_json, sha256_file, write_json
from pipeline.core.runtime import resolve

PATH = Path("outputs/scan/reuse.json")
NONE = "none"
"""What `train.reuse` says where the model is trained here."""
CONFIG, WEIGHTS, TEXT, LOCALIZER, SEARCH = "config.json", "model.safetensors", "text", "localizer", "search.json"
"""What a folder has, or may have: the model, its text encoder, its localizer, and how a search with it answers."""


@dataclass(frozen=True)
class Reused:
    """A folder of a trained model. named: what `train.reuse` says; files: the SHA-256 of each file, by its name there.

    `text` and `localizer` are folders in it; a name of theirs has the form `text/vocab.json`.
    """

    named: str
    files: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """Where the folder lies; a relative path starts at the main checkout."""
        return resolve(self.named)

    def has(self, folder: str) -> bool:
        """Return whether the model came with `TEXT` or `LOCALIZER`."""
        return any(name.startswith(f"{folder}/") for name in self.files)

    def copy(self, name: str, to: Path) -> None:
        """Copy one file; raises PipelineError where it is no longer the one that `scan` has seen."""
        with atomic_path(to) as temporary:
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(self.folder / name, temporary)
            if sha256_file(temporary) != self.files[name]:
                cause = "the file has changed since scan ran"
                raise PipelineError(cause, where=self.folder / name, fix="run `dvc repro` again")


def write_reused(reused: Reused | None) -> None:
    """Write the file for the other stages; None where the model is trained here."""
    write_json(PATH, reused and {"path": reused.named, "files": dict(reused.files)})


def read_reused() -> Reused | None:
    """Read what this run reuses, None where it trains its model."""
    found = read_json(PATH)
    with as_written(PATH):
        return found and Reused(found["path"], found["files"])
