"""Writes files whole or not at all; canonical JSON, YAML as DVC reads it, hashes of content.

Test: tests/core/test_files.py.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.core.abandoned import SUFFIX, prefix_of, remove_abandoned
from pipeline.core.errors import MAKE_ANEW, PipelineError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ALMOST_NOTHING = 1 << 16
"""A disk with fewer free bytes is taken to be full, because some libraries do not say why they could not write."""


@contextlib.contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield the path of an empty file; on success it is fsynced and renamed to `path`, on error it is removed.

    It is named like `path`, in a temporary folder beside it, where a library may leave files of its own (safetensors
    writes one first that it renames). What killed processes have left there is removed before. Raises PipelineError
    where the disk has no room for the file.
    """
    path = Path(path)
    folder = None
    try:
        with _saying_no_room(path):
            folder = _folder_beside(path)
            temporary = folder / path.name
            temporary.touch()
            yield temporary
            _fsync(temporary)
            temporary.chmod(0o644)
            os.replace(temporary, path)
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Yield a temporary folder beside `path`, whose files are fsynced and which is renamed to `path` on success.

    What lay at `path` before is replaced; on error the temporary folder is removed. What killed processes have left
    there is removed before. Raises PipelineError where the disk has no room for the files.
    """
    path = Path(path)
    temporary = None
    try:
        with _saying_no_room(path):
            temporary = _folder_beside(path)
            yield temporary
            for file in temporary.rglob("*"):
                if file.is_file():
                    _fsync(file)
            temporary.chmod(0o755)
            shutil.rmtree(path, ignore_errors=True)
            os.rename(temporary, path)
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def _folder_beside(path: Path) -> Path:
    """Make a folder beside `path` that is named after this process, when what killed ones have left is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path)
    return Path(tempfile.mkdtemp(dir=path.parent, prefix=prefix_of(path), suffix=SUFFIX))


def _fsync(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def _saying_no_room(path: Path) -> Iterator[None]:
    """Turn what is raised because the disk is full into a PipelineError."""
    try:
        yield
    except Exception as error:
        if isinstance(error, PipelineError) or not _no_room(error, path.parent):
            raise
        fix = "make room on this disk, then run the same command again: what was finished is kept"
        raise PipelineError("there is no room to write it", where=path, fix=fix) from None


def _no_room(error: BaseException | None, folder: Path) -> bool:
    """Return whether the error, or one that led to it, says that the disk is full or a quota used up."""
    while error:
        said = re.search(r"\(os error (\d+)\)", str(error))  # as a library in Rust says it
        if (said and int(said[1]) in _NO_ROOM) or (isinstance(error, OSError) and error.errno in _NO_ROOM):
            return True
        error = error.__context__
    return folder.is_dir() and shutil.disk_usage(folder).free < _ALMOST_NOTHING


def open_regular(path: Path | str) -> BinaryIO:
    """Open a regular file to read its bytes; raises OSError for anything else, and waits for no writer of a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return open(descriptor, "rb")


def remove(path: Path) -> None:
    """Remove whatever stands at `path`, if anything: a file, a link or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: keys are sorted, there are no spaces, and NaN raises ValueError."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def write_json(path: Path | str, value: Any) -> None:
    """Write `value` as indented JSON, keys in the order given; NaN and infinity raise ValueError."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path | str, fix: str = MAKE_ANEW) -> Any:
    """Read one JSON file; raises PipelineError naming file and position. fix: what to do with one that is no JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError("the file does not exist", where=path, fix="run `dvc repro` to make it") from None
    except (OSError, ValueError, RecursionError) as error:
        raise PipelineError(f"not valid JSON: {error}", where=path, fix=fix) from None


def read_yaml(path: Path | str, *, absent: str) -> Any:
    """Read one YAML 1.2 file with DVC's parser, which takes `5e-05`, as `dvc exp run -S` writes it, for a number.

    Raises PipelineError, which names file and line; absent: what the user is told to do where there is no such file.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        if _is_shallow(text):
            with contextlib.suppress(YAMLError):  # the parser in Python says more of what is wrong
                return YAML(typ="safe").load(text)
        return YAML(typ="safe", pure=True).load(text)
    except FileNotFoundError:
        raise PipelineError("the file does not exist", where=path, fix=absent) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise PipelineError(f"not valid YAML: {error}", where=path, fix="mend the line named above") from None
    except RecursionError:
        raise PipelineError("not readable as YAML: it is nested too deeply", where=path, fix=absent) from None


def _is_shallow(text: str) -> bool:
    """Return whether the parser in C can read it: where 20,000 levels are nested, it ends the process.

    A level needs a bracket of its own or begins further to the right, but for a list at the column of its key.
    """
    longest = max(map(len, text.splitlines()), default=0)
    return 2 * longest + text.count("[") + text.count("{") < 2000


def write_jsonl(path: Path | str, rows: Iterable[dict[str, Any]]) -> None:
    """Write one canonical JSON object a line; without rows an empty line, because DVC warns of empty files."""
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.writelines(canonical_json(row) + "\n" for row in rows)
        if not file.tell():
            file.write("\n")


def read_jsonl(path: Path | str) -> list[dict[str, Any]]:
    """Read the project's own JSON lines, without those that are empty; raises PipelineError naming file and line."""
    rows = []
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    rows += [json.loads(line.decode("utf-8"))] if line.strip() else []
                except (ValueError, RecursionError) as error:
                    raise PipelineError(f"not valid JSON: {error}", where=f"{path}:{number}", fix=MAKE_ANEW) from None
    except FileNotFoundError:
        raise PipelineError("the file does not exist", where=path, fix="run `dvc repro` to make it") from None
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=path, fix=MAKE_ANEW) from None
    return rows


@contextlib.contextmanager
def as_written(path: Path | str, fix: str = MAKE_ANEW) -> Iterator[None]:
    """Name the file, one of the project's own, where it turns out not to hold what this program writes there."""
    try:
        yield
    except (AttributeError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        cause = " ".join(f"it is not what this program writes: {error!r}".split())
        raise PipelineError(cause, where=path, fix=fix) from None


def sha256_text(text: str) -> str:
    """Return the hexadecimal SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def sha256_file(path: Path | str) -> str:
    """Return the hexadecimal SHA-256 of the file's bytes, which are read in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
