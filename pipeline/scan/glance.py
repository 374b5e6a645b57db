"""Looks at the files of a folder without reading them through: what each is, and of a video what its header says.

Test: tests/scan/test_glance.py.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath

from pipeline.annotations.common.layout import layout_of
from pipeline.annotations.common.listed import OTHER, VIDEO
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.videos import find_files, regular_file
from pipeline.core.ids import BadRecord
from pipeline.core.progress import watched
from pipeline.scan.kinds import kind_of
from pipeline.scan.listing import name_of
from pipeline.video.params import DecodeParams
from pipeline.video.probe import glance
from pipeline.video.reader import VideoError


@dataclass(frozen=True)
class Glance:
    """A file at a first look.

    name: below the folder; kind: as of a `ListedFile`; size: bytes; container, codec: of a video, FFmpeg's names;
    seconds: of a video, as its header says, None where it does not; problem: why the file cannot be used.
    """

    name: str
    kind: str
    size: int = 0
    container: str = ""
    codec: str = ""
    seconds: float | None = None
    problem: str | None = None


def glance_at(folder: Path, dataset: str, limits: DecodeParams) -> list[Glance]:
    """Look at all files below `folder`, several at a time; sorted by name.

    limits: `deadline_floor` is how long a video may take. Raises PipelineError where a folder cannot be listed.
    """
    layout, videos = layout_of(dataset), Annotations(folder).video_root.relative_to(folder)

    def look(path: Path) -> Glance:
        below = path.relative_to(folder)
        return _glance(path, below, kind_of(below, layout, videos), limits)

    paths = find_files(folder)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        looks = pool.map(look, paths)
        return list(watched(looks, "check", "file", len(paths)))


def _glance(path: Path, below: PurePath, kind: str, limits: DecodeParams) -> Glance:
    name = name_of(below)
    if kind == OTHER:
        return Glance(name, kind)
    try:
        if name != below.as_posix():
            raise BadRecord("its name, or that of a folder on its path, is not valid UTF-8")
        size = regular_file(path).st_size
        if kind != VIDEO:
            path.open("rb").close()
            return Glance(name, kind, size)
        if not size:
            raise BadRecord("the file is empty")
        found = glance(path, limits)
        return Glance(name, kind, size, found.container, found.codec, found.seconds)
    except (BadRecord, VideoError) as error:
        return Glance(name, kind, problem=error.cause if isinstance(error, VideoError) else str(error))
    except OSError as error:
        return Glance(name, kind, problem=f"cannot be read: {error.strerror}")
