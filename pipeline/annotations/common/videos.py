"""The video files of a corpus, found by id.

A video's id is its file name without the extension. Tests: tests/annotations/test_videos.py.
"""

import os
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePath

from pipeline.annotations.common.file_ids import found_as, same_id
from pipeline.annotations.common.listed import VIDEO, ListedFile
from pipeline.annotations.common.nearest import Nearest
from pipeline.annotations.common.records import Annotations, VideoFile
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord

SUFFIXES = frozenset(
    {
        *(".3g2", ".3gp", ".asf", ".avi", ".dv", ".f4v", ".flv", ".m2ts", ".m2v", ".m4v", ".mkv", ".mov"),
        *(".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
    }
)


BY_PATH = "prepare.video_ids: path"
"""What a user sets to have the folders of videos in their ids."""

_OF_THE_KERNEL = ("/proc/", "/sys/", "/dev/fd/")


def find_files(root: Path) -> list[Path]:
    """All files below `root`, sorted; links are followed, hidden files and folders left out."""
    return sorted(_walk(root, ()))


def _walk(folder: Path, above: tuple[str, ...]) -> Iterable[Path]:
    real = os.path.realpath(folder)
    if real in above:  # a link back to a folder that holds it
        return
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise PipelineError(f"cannot be listed: {error.strerror}", where=folder, fix="give read access to it") from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        # Only of a link the status is asked; unlike entry.is_dir(), that is not an error for a link to itself.
        if os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir():
            yield from _walk(folder / entry.name, (*above, real))
        else:
            yield folder / entry.name


def regular_file(path: Path) -> os.stat_result:
    """The status of a file that can be read to its end; raises BadRecord for all else (a pipe, a device, a folder).

    The kernel's own files look regular, but a read may never return, or never end.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise BadRecord(f"cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode) or os.path.realpath(path).startswith(_OF_THE_KERNEL):
        raise BadRecord("not a regular file")
    return status


def is_video(path: PurePath) -> bool:
    """Whether the file's extension is one of a video container."""
    return path.suffix.lower() in SUFFIXES


def id_of_file(path: Path) -> str:
    """The id that a file stands for: its name without a video extension (DiDeMo has names that end in a bare dot).

    A letter with an accent may be one character or two; ids have one.
    """
    return unicodedata.normalize("NFC", path.stem if is_video(path) else path.name.removesuffix("."))


def video_id_of(annotations: Annotations, path: Path) -> str:
    """The id of a video file of the data set: that of `id_of_file`, where ids have them behind the folders it lies in.

    An id is no path, so `:` stands for the slash.
    """
    folders = path.relative_to(annotations.video_root).parent.parts if annotations.ids_by_path else ()
    return unicodedata.normalize("NFC", ":".join((*folders, id_of_file(path))))


def inspect(annotations: Annotations, listed: Iterable[ListedFile]) -> dict[str, VideoFile]:
    """The file of every video of the corpus; refuses those without exactly one file that holds video.

    listed: what `scan` found in the folder that was read.
    """
    found = defaultdict(list)
    for file in listed:
        if file.kind == VIDEO:
            path = annotations.source / file.path
            found[video_id_of(annotations, path)].append((path, file))
    files = {}
    nearest = Nearest(found)
    for video_id in sorted(annotations.corpus):
        candidates = found_as(video_id, found, annotations.corpus)
        names = " and ".join(annotations.name(path) for path, _ in candidates)
        with annotations.refusing("video", video_id, names or annotations.name(annotations.video_root)):
            if not candidates:
                cause = "no video file of this name (its name without the extension is the id)"
                raise BadRecord(f"{cause}; {nearest.to(video_id)}")
            if len(candidates) > 1:
                offered = annotations.ids_by_path is False and BY_PATH
                raise BadRecord(same_id([path for path, _ in candidates], offered or ""))
            [(path, file)] = candidates
            if file.problem:
                raise BadRecord(file.problem)
            assert file.sha256 is not None and file.duration is not None  # of a video there is nothing to say against
            files[video_id] = VideoFile(path, file.sha256, file.duration)
    return files
