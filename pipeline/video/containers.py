"""Opens a file as a video and as nothing else: no playlist, script or list of pictures, whatever the file is called.

FFmpeg takes a file for what its bytes look like. For a playlist (HLS, DASH, ffconcat, a session description) it then
opens the files and addresses which that names. Here FFmpeg may use no other demuxer than that of the container which
the file's first bytes tell; where they do not, no other than those of `CONTAINERS`, each of which reads its own file
alone; and no other protocol than that of files. Test: tests/video/test_hostile_files.py.
"""

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer

from pipeline.video.reader import VideoError

CONTAINERS = (
    *("mov", "matroska", "avi", "asf", "flv", "live_flv", "ogg", "mpegts", "mpeg", "mpegvideo", "dv", "mxf"),
    *("rm", "wtv", "nut", "ivf", "h264", "hevc", "m4v", "yuv4mpegpipe", "gif", "apng", "webp_pipe"),
)
"""FFmpeg's names of the containers, and of the streams without one, that are read."""

_BEGINNINGS = {
    "mov": rb".{4}(ftyp|moov|mdat|free|skip|wide|pnot|styp)",
    "matroska": rb"\x1aE\xdf\xa3",
    "avi": rb"RIFF.{4}AVI[ X\x19]",
    "asf": rb"0&\xb2u\x8ef\xcf\x11\xa6\xd9\x00\xaa\x00b\xcel",
    "flv,live_flv": rb"FLV\x01",
    "ogg": rb"OggS",
}
"""How the first bytes of the containers look that can be told by them; the others begin in many ways."""

_NO_VIDEO = re.compile(
    rb"\s*(#ext|id3|ffconcat|v=\d|#!|# *vobsub|\[(playlist|reference|script info)\]|rtsptext|webvtt"
    rb"|<(\?|!|mpd|smooth|asx|smil|html|script|svg|playlist))",
    re.IGNORECASE,
)


def open_container(path: Path | str) -> InputContainer:
    """Open the file at `path` for reading.

    Raises VideoError where it is a playlist or script, of no container of `CONTAINERS`, or no regular file; FFmpegError
    and OSError as PyAV does.
    """
    with open_file(path) as file:
        container = container_of(first_bytes(file), path)
    allowed = {"format_whitelist": container or ",".join(CONTAINERS), "protocol_whitelist": "file"}
    try:
        return av.open(f"file:{os.path.abspath(path)}", options=allowed, metadata_errors="replace")
    except av.ArgumentError:  # also what FFmpeg says of a container that it may not use
        cause = "not a readable video: it is of no container of videos that is read, or its header is damaged"
        raise VideoError(cause, where=path, fix="convert it to mp4") from None


def open_file(path: Path | str) -> BinaryIO:
    """Open a regular file; raises VideoError where it is another thing, which one might wait for, or read for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise VideoError("not a regular file", where=path)
    return os.fdopen(descriptor, "rb", buffering=0)


def first_bytes(file: BinaryIO) -> bytes:
    """Return the bytes by which `container_of` goes."""
    return file.read(1 << 10)


def container_of(head: bytes, path: Path | str) -> str | None:
    """Return FFmpeg's name of the container that begins with the bytes `head` (or names), None where they do not tell.

    Raises VideoError, naming `path`, where they are those of a playlist or script, or of a tag of music, which FFmpeg
    skips before it looks for one.
    """
    if found := _NO_VIDEO.match(head.removeprefix(b"\xef\xbb\xbf")):
        begins = found[0].strip().decode("ascii")
        raise VideoError(
            f"it begins like a playlist, a script or music (`{begins}`), not like a video; no file is opened for it",
            where=path,
            fix="give the videos themselves",
        )
    matches = (name for name, begins in _BEGINNINGS.items() if re.match(begins, head, re.DOTALL))
    return next(matches, None)
