"""The folder of the raw data set, and what its list was made for. Test: tests/scan/test_stage.py."""

import difflib
import os
import stat
from pathlib import Path

from pipeline.core import runtime
from pipeline.core.errors import PipelineError

FIX = "set `source` in params.yaml to the folder of your data (README.md says what belongs there)"


def source_folder(source: str) -> Path:
    """Where `source` lies: absolute, from the home folder on (`~/x`), or below the main checkout.

    A temporary experiment reads the main checkout's too: what git ignores is only there, and so are the videos.
    Links in it are kept, since the manifest names files by it. Raises PipelineError where there is no such home.
    """
    if not source.strip():
        raise PipelineError("`source` is empty", where="params.yaml", fix=FIX)
    try:
        return Path(os.path.normpath(runtime.project_root() / Path(source).expanduser()))
    except (RuntimeError, ValueError) as error:
        raise PipelineError(f"`source: {source}`: {error}", where="params.yaml", fix=FIX) from None


def exists(folder: Path, fix: str = FIX) -> bool:
    """Whether the source is there; raises PipelineError with `fix` where it is no folder, or cannot be looked at."""
    try:
        status = folder.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=folder, fix=fix) from None
    if not stat.S_ISDIR(status.st_mode):
        raise PipelineError("this is no folder", where=folder, fix=fix)
    return True


def fix_for_missing(folder: Path, fix: str = FIX) -> str:
    """Say what to do where the source does not exist: take the folder of the most similar name if any, else `fix`."""
    above = next(one for one in folder.parents if one.is_dir())
    name = folder.relative_to(above).parts[0]
    try:
        there = [entry.name for entry in os.scandir(above) if entry.is_dir()]
    except OSError:
        there = []
    close = difflib.get_close_matches(name, there, n=1)
    return f"did you mean {above / close[0]}? Else {fix}" if close else fix


def path_in_manifest(path: Path, source: str) -> str:
    """Return the path as the manifest has it: absolute where `source` is absolute.

    Else it is relative to the main checkout, so that every checkout has the same manifest.
    """
    if Path(source).expanduser().is_absolute():
        return str(path)
    return Path(os.path.relpath(path, runtime.project_root())).as_posix()
