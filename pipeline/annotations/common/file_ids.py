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


def same_id(paths: Sequence[Path], by_path: str = "") -> str:
    """Why several files of one id are refused; by_path: what a user may set to tell files of several folders apart."""
    cause = f"the same id is given by {len(paths)} files: keep one"
    names = {unicodedata.normalize("NFC", str(path)) for path in paths}
    if len(names) < len(paths):
        return f"{cause} (their names differ in how Unicode writes an accent only)"
    if by_path and len({path.parent for path in paths}) == len(paths):
        return f"{cause}, or set `{by_path}`, with which a video's id says its folder too"
    return cause
