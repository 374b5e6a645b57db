"""The list of files that the project reads below `source`: what DVC hashes in the place of the folder.

Each is named as it is called below `source`, so that the same files give the same bytes wherever they lie. What cannot
be read is in the list too, with its problem, for `prepare` to refuse. Test: tests/scan/test_listing.py.
"""

import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path, PurePath

from pipeline.annotations.common.layout import Layout, layout_of
from pipeline.annotations.common.listed import ANNOTATION, OTHER, PACK, VIDEO, ListedFile
from pipeline.annotations.common.own_layout import OWN_VIDEOS
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.videos import find_files
from pipeline.core.content_hash import Memo
from pipeline.core.errors import PipelineError
from pipeline.core.files import as_written, read_jsonl, write_jsonl
from pipeline.core.ids import BadRecord
from pipeline.core.progress import Progress
from pipeline.scan.kinds import kind_of
from pipeline.scan.look import duration_of, size_and_hash
from pipeline.video.params import DecodeParams

LIST = Path("outputs/scan/files.jsonl")


def list_files(source: Path, dataset: str, limits: DecodeParams) -> list[ListedFile]:
    """Look into all files below `source` that the data set reads; sorted by name.

    limits: when a file is taken to hang. Raises PipelineError where a folder cannot be listed.
    """
    return _list(source, layout_of(dataset), limits)


def list_made(folder: Path, limits: DecodeParams) -> list[ListedFile]:
    """The same for the folder of a reader that has made its videos itself, laid out like a user's own."""
    return _list(folder, OWN_VIDEOS, limits)


def _list(source: Path, layout: Layout, limits: DecodeParams) -> list[ListedFile]:
    videos = Annotations(source).video_root.relative_to(source)
    paths, files = find_files(source), []
    with Memo() as memo, Progress("looking at files", len(paths), "file") as progress:
        for path in paths:
            files.append(_listed(path, path.relative_to(source), layout, videos, limits, memo))
            progress.advance(failed=files[-1].problem is not None)
    return files


def _listed(
    path: Path, below: PurePath, layout: Layout, videos: PurePath, limits: DecodeParams, memo: Memo
) -> ListedFile:
    name, kind = name_of(below), kind_of(below, layout, videos)
    if kind == OTHER:
        return ListedFile(name, kind)
    size = sha256 = duration = problem = None
    try:
        if name != below.as_posix():
            raise BadRecord("its name, or that of a folder on its path, is not valid UTF-8")
        size, sha256 = size_and_hash(path, memo)
        if kind == VIDEO:
            if size == 0:
                raise BadRecord("the file is empty")
            duration = duration_of(path, sha256, limits, memo)
    except BadRecord as bad:
        problem = str(bad)
    return ListedFile(name, kind, size, sha256, duration, problem)


def name_of(path: PurePath) -> str:
    """The path as text; bytes that are not UTF-8 are shown as `\\xe9`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def write_list(path: Path | str, files: list[ListedFile]) -> None:
    """Write files.jsonl, the keys that a file has."""
    write_jsonl(path, ({k: v for k, v in asdict(file).items() if v is not None} for file in files))


def read_list(path: Path | str) -> list[ListedFile]:
    """Read files.jsonl; raises PipelineError naming file and line."""
    with as_written(path):
        return [ListedFile(**row) for row in read_jsonl(path)]


def check_annotations(source: Path, files: list[ListedFile]) -> None:
    """Raise PipelineError for the first annotation or pack file that cannot be read; a reader might wait for it."""
    for file in files:
        if file.problem and file.kind in (ANNOTATION, PACK):
            raise PipelineError(file.problem, where=source / file.path, fix="restore it, or take it away")


def read_of(files: list[ListedFile]) -> list[ListedFile]:
    """Those that the project reads."""
    return [file for file in files if file.kind != OTHER]


def counts(files: list[ListedFile]) -> dict[str, int]:
    """How many files there are of each kind."""
    return dict(sorted(Counter(file.kind for file in files).items()))
