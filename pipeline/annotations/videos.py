"""The video files of a corpus: found by id, looked into, hashed.

A video's id is its file name without the extension. Tests: tests/annotations/test_videos.py.
"""

import math
import os
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import av
from av.error import FFmpegError
from tqdm import tqdm

from pipeline.annotations.file_ids import found_as, same_id
from pipeline.annotations.ids import BadRecord
from pipeline.annotations.nearest import Nearest
from pipeline.annotations.records import Annotations, VideoFile
from pipeline.content_hash import content_sha256
from pipeline.errors import PipelineError
from pipeline.video.main_stream import main_stream

SUFFIXES = frozenset(
    ".3g2 .3gp .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .ts .vob .webm .wmv".split()
)


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
        if os.path.isdir(entry.path):  # unlike entry.is_dir(), not an error for a link to itself
            yield from _walk(folder / entry.name, (*above, real))
        else:
            yield folder / entry.name


def is_video(path: Path) -> bool:
    """Whether the file's extension is one of a video container."""
    return path.suffix.lower() in SUFFIXES


def id_of_file(path: Path) -> str:
    """The id that a file stands for: its name without a video extension (DiDeMo has names that end in a bare dot).

    A letter with an accent may be one character or two; ids have one.
    """
    return unicodedata.normalize("NFC", path.stem if is_video(path) else path.name.removesuffix("."))


def inspect(annotations: Annotations) -> dict[str, VideoFile]:
    """The file of every video of the corpus; refuses those without exactly one file that holds video."""
    paths = defaultdict(list)
    for path in find_files(annotations.video_root):
        paths[id_of_file(path)].append(path)
    files = {}
    nearest = Nearest(paths)
    for video_id in tqdm(sorted(annotations.corpus), desc="videos", unit="video", disable=None):
        found = found_as(video_id, paths, annotations.corpus)
        names = " and ".join(annotations.name(path) for path in found)
        with annotations.refusing("video", video_id, names or annotations.name(annotations.video_root)):
            if not found:
                cause = "no video file of this name (its name without the extension is the id)"
                raise BadRecord(f"{cause}; {nearest.to(video_id)}")
            if len(found) > 1:
                raise BadRecord(same_id(found))
            files[video_id] = _looked_into(found[0])
    return files


def _looked_into(path: Path) -> VideoFile:
    try:
        str(path).encode("utf-8")
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadRecord("not a regular file")
        if status.st_size == 0:
            raise BadRecord("the file is empty")
        return VideoFile(path, content_sha256(path), round(duration_of(path), 6))
    except UnicodeEncodeError:
        raise BadRecord("a folder name on its path is not valid UTF-8") from None
    except FFmpegError as error:
        raise BadRecord(f"no readable video: {error.strerror}") from None
    except OSError as error:
        raise BadRecord(f"cannot be read: {error.strerror}") from None


def duration_of(path: Path) -> float:
    """Seconds of picture by the stream's header, else the container's, else by its packets.

    Raises BadRecord where there is no picture that can be decoded, FFmpegError where the file cannot be opened.
    """
    with av.open(str(path), metadata_errors="replace") as container:
        stream = main_stream(container)
        if stream is None or _is_cover(stream):
            raise BadRecord("no video stream")
        if stream.codec_context is None:
            raise BadRecord("no decoder knows its codec")
        if stream.duration and stream.duration > 0:
            return float(stream.duration * stream.time_base)
        if container.duration and container.duration > 0:
            return container.duration / av.time_base
        return float(_length_of_packets(container, stream) * stream.time_base)


def _length_of_packets(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> int:
    first, last = math.inf, -math.inf
    for packet in container.demux(stream):
        if packet.pts is not None:
            end = packet.pts + (packet.duration or 0)
            first, last = min(packet.pts, first), max(end, last)
    if last <= first:
        raise BadRecord("no frames")
    return int(last - first)


def _is_cover(stream: av.video.stream.VideoStream) -> bool:
    """A still picture that comes with a sound file."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)
