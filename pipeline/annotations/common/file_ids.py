"""Which files stand for an id, where releases and file systems write one name in several ways.

Test: tests/annotations/test_file_ids.py.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

File = TypeVar("File")


def found_as(video_id: str, files: Mapping[str, Sequence[File]], ids: Collection[str]) -> Sequence[File]:
    """The files of `video_id`; ActivityNet's `v_abc` is also found as `abc`, unless `abc` is an id of its own."""
    bare = video_id.removeprefix("v_")
    if video_id not in files and bare not in ids:
        return files.get(bare, [])
    return files.get(video_id, [])


def same_id(paths: Sequence[Path]) -> str:
    """Why several files of one id are refused."""
    cause = f"the same id is given by {len(paths)} files: keep one"
    names = {unicodedata.normalize("NFC", str(path)) for path in paths}
    return cause if len(names) == len(paths) else f"{cause} (their names differ in how Unicode writes an accent only)"
