"""A folder of a trained model that the stages of a test reuse, as `scan` would write it."""

import shutil
from pathlib import Path

from pipeline.core.files import sha256_file
from pipeline.core.reused import Reused, write_reused


def reuse(folder: Path) -> Reused:
    """Let the stages in the current folder reuse what is in `folder`."""
    files = {path.relative_to(folder).as_posix(): sha256_file(path) for path in sorted(folder.rglob("*.*"))}
    reused = Reused(str(folder), files)
    write_reused(reused)
    return reused


def move_away(*names: str) -> Path:
    """Move the outputs of a model (`model`, perhaps `localizer`) into a folder like that of an index."""
    folder = Path("trained").resolve()
    shutil.move("outputs/model", folder)
    for name in names:
        shutil.move(f"outputs/{name}", folder / name)
    return folder
