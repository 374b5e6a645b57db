"""Compares the outputs of the stages with what `dvc.lock` records of them, so that no stage works on a damaged one.

DVC itself looks at a file's content only where its size or its times have changed, and takes what lies in its cache for
whole. Feature files are not compared here: each of their parts carries its own hash, which is looked at when it is
read (pipeline/feature_io/hdf5.py). Test: tests/core/test_recorded.py.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.core.errors import MAKE_ANEW, PipelineError
from pipeline.core.files import read_yaml

PIPELINE, LOCK = Path("dvc.yaml"), Path("dvc.lock")
OF_A_FOLDER = ".dir"
"""How DVC marks the hash of a folder, which is that of a list of its files."""
HASHED_BY_ITSELF = ".h5"


def recorded_outs(lock: Path = LOCK) -> dict[str, str]:
    """Return the MD5 of each output that a stage has made, as `dvc.lock` has it; none where there is no such file."""
    if not lock.is_file():
        return {}
    stages = read_yaml(lock, absent="run `dvc repro`")["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", []) if out.get("hash") == "md5"}


def md5_of(path: Path) -> str:
    """Return the MD5 of a file or a folder as DVC computes it; raises OSError where one cannot be read."""
    if path.is_dir():
        files = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if not file.is_dir())
        listed = [{"md5": md5_of(path / name), "relpath": name} for name in files]
        return hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + OF_A_FOLDER
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def check_inputs() -> None:
    """Compare what this stage reads of other stages with what they wrote; nothing where no DVC runs the stage.

    Raises PipelineError for the first that differs.
    """
    stage = os.environ.get("DVC_STAGE")
    if stage is None or not PIPELINE.is_file():
        return
    declared = read_yaml(PIPELINE, absent="restore it")["stages"].get(stage, {})
    recorded = recorded_outs()
    for path in declared.get("deps", []):
        if path in recorded and not path.endswith(HASHED_BY_ITSELF):
            _check(Path(path), recorded)


def _check(path: Path, recorded: Mapping[str, str]) -> None:
    try:
        whole = md5_of(path) == recorded[str(path)]
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=path, fix=MAKE_ANEW) from None
    if not whole:
        raise PipelineError("it is not what the stage that makes it wrote", where=path, fix=MAKE_ANEW)
