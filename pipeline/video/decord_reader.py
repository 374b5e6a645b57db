"""Reads videos with decord in the one way that was measured to be right: `next()` from the first frame on.

The number of threads is always given. What decord is known to misread is refused here, so that PyAV reads it: other
containers than `_READ`, such as MPEG-TS, and AV1 by name; edit lists and avi with B-frames by their times; turned and
mirrored videos, which decord distorts; a few rare pixel formats that it converts differently from PyAV; and bicubic
scaling, which it does not offer.

While decord's reader waits for a model, decord decodes the whole video ahead. So a video is left to PyAV if its file
and its frames together exceed what decord may hold. Where PyAV fails too, decord reads such a video in parts: each part
with a decoder of its own, which starts at the video's start and is closed before anybody waits. The kernel holds decord
to its bound in any case. decord hides the errors of its libav, so they are read from the standard error of the process,
which belongs to this reader while it decodes.

decord's FFmpeg is of 2020, and takes a file for what it likes, also for a playlist. So decord is given only files that
begin like a container of `_READ`, by a name that says nothing (on Linux), and while it reads, the process can hold no
second file open. Test: tests/video/test_readers.py, tests/video/test_hostile_files.py.
"""

import math
import os
import re
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import av
import decord
import numpy as np

from pipeline.core.memory import growth_limited
from pipeline.video.confined import one_more_file
from pipeline.video.containers import container_of, first_bytes, open_container, open_file
from pipeline.video.main_stream import surveyed_stream
from pipeline.video.reader import Request, Timeline, TooLarge, VideoError
from pipeline.video.scale import require_known_colours
from pipeline.video.survey import Survey, survey
from pipeline.video.upright import AS_STORED, orientation

_READ = {"mov", "matroska", "avi", "asf", "flv", "live_flv"}
_MISREAD = {"av1"}
_SAME_UNSCALED = re.compile(r"yuvj?4(20|22|44)p|(yuv422|yuv444)p1\dle|gbrp|gray|rgb24|bgr24|bgr0|yuyv422")
"""The pixel formats that decord converts as PyAV does where a frame keeps its size; scaled, it does so with most."""
_CLOSE = 2e-3
"""Seconds by which decord's float32 times may differ from the packets'."""
_OVERHEAD = 1 << 11
"""Bytes that a waiting frame takes besides its pixels; 1.4 KiB were measured."""
_WORKING_BYTES, _WORKING_PICTURES = 1 << 28, 32
"""What any decoder takes: bytes for its threads and buffers, and full-size frames of at most 6 bytes a pixel."""


class DecordReader:
    """Reads a video with decord.

    Raises VideoError where the file cannot be opened, is damaged, or is of a kind that decord misreads, TooLarge where
    reading it might take more memory than the request allows. Nothing else in the process may write to standard error:
    see `pipeline.video.child`.
    """

    def __init__(self, request: Request):
        self.path = request.path
        self.libavcodec = _libavcodec()
        if request.scaling != "bilinear":
            raise VideoError("decord scales bilinearly only", where=self.path)
        found = survey(self.path)
        container = found.container.split(",")[0]
        if container not in _READ or found.codec in _MISREAD:
            raise VideoError(f"decord misreads {found.codec} in {found.container}", where=self.path)
        self.timeline: Timeline = found.timeline
        width, height = found.scaled(request.short_side)
        self._shape = (height, width, 3)
        self._refuse_pictures(found)
        self._threads = request.threads
        picture = math.prod(self._shape) + _OVERHEAD
        whole = os.path.getsize(self.path) + len(found.timeline.starts) * picture
        if whole > request.ahead_bytes and not request.in_parts:
            raise TooLarge(f"decord may hold all of it at once, {whole >> 20} MiB", where=self.path)
        self._part = max(1, request.ahead_bytes // 2 // picture) if whole > request.ahead_bytes else None
        with ExitStack() as resources:
            own = _WORKING_BYTES + _WORKING_PICTURES * 6 * found.width * found.height
            resources.enter_context(growth_limited(request.ahead_bytes + own))
            self._file = resources.enter_context(open_file(self.path))
            if container not in (container_of(first_bytes(self._file), self.path) or "").split(","):
                raise VideoError(f"decord might take it for something else than {found.container}", where=self.path)
            self._errors = resources.enter_context(tempfile.TemporaryFile())
            os.dup2(self._errors.fileno(), 2)
            resources.enter_context(one_more_file())
            decord.logging.set_level(decord.logging.ERROR)
            self._video = self._open()
            self._resources = resources.pop_all()

    def _refuse_pictures(self, found: Survey) -> None:
        """Refuse a video for what only a decoded frame tells: how it is to be turned, and what its colours mean."""
        try:
            with open_container(self.path) as container:
                frame = next(container.decode(surveyed_stream(container)))
        except (av.FFmpegError, StopIteration):
            raise VideoError("its first frame cannot be decoded", where=self.path) from None
        if orientation(frame) != AS_STORED:
            raise VideoError("decord distorts turned and mirrored videos", where=self.path)
        require_known_colours(frame, self.path)
        unscaled, pixels = self._shape[:2] == (found.height, found.width), frame.format
        if pixels.has_palette or (unscaled and not _SAME_UNSCALED.fullmatch(pixels.name)):
            raise VideoError(f"decord may misread {pixels.name} pictures of this size", where=self.path)

    def _open(self) -> "decord.VideoReader":
        height, width, _ = self._shape
        try:
            video = decord.VideoReader(self._name(), width=width, height=height, num_threads=self._threads)
            times = video.get_frame_timestamp(range(len(video)))[:, 0]
        except (decord.DECORDError, RuntimeError) as error:
            said = str(error).replace(self._name(), os.path.basename(self.path))
            raise VideoError(f"decord cannot open it: {_gist(said)}", where=self.path) from None
        expected = self.timeline.since_first.starts
        if len(times) != len(expected) or not np.allclose(times, expected, rtol=1e-6, atol=_CLOSE):
            raise VideoError("decord's frame times are not those of the packets", where=self.path)
        return video

    def _name(self) -> str:
        """Return a name of the open file without the extension, by which FFmpeg also guesses."""
        linux = sys.platform == "linux"
        return f"/proc/self/fd/{self._file.fileno()}" if linux else f"file:{os.path.abspath(self.path)}"

    def frames(self, wanted: Iterable[int]) -> Iterator[np.ndarray]:
        """See `pipeline.video.reader.Reader.frames`."""
        if self._part is None:
            yield from self._read(wanted)
        else:
            wanted = list(wanted)
            for start in range(0, len(wanted), self._part):
                pictures = deque(self._read(wanted[start : start + self._part]))
                self._video = None
                while pictures:
                    yield pictures.popleft()
                self._video = self._open()
            yield from self._read([])
        self._errors.seek(0)
        if said := self._errors.read().decode(errors="replace"):
            raise VideoError(f"decord's libav says: {_gist(said)}", where=self.path)

    def _read(self, wanted: Iterable[int]) -> Iterator[np.ndarray]:
        done = 0
        for index in wanted:
            if index >= done:
                for position in range(done, index + 1):
                    decoded = self._next(position)
                done, picture = index + 1, _without_padding(decoded.asnumpy())
            if picture.shape != self._shape:
                raise VideoError(f"decord gives a picture of shape {picture.shape}, not {self._shape}", where=self.path)
            yield picture
        for position in range(done, len(self.timeline.starts)):  # so that the faults found do not depend on threads
            self._next(position)

    def _next(self, position: int) -> "decord.nd.NDArray":
        total = len(self.timeline.starts)
        try:
            return self._video.next()
        except StopIteration:
            raise VideoError(f"the file lists {total} frames but ends after {position}", where=self.path) from None
        except (decord.DECORDError, RuntimeError) as error:
            cause = f"frame {position} of {total} cannot be decoded: {_gist(str(error))}"
            raise VideoError(cause, where=self.path) from None

    def close(self) -> None:
        """Free the decoder."""
        self._video = None
        self._resources.close()


def _libavcodec() -> str:
    """Return the version of the libavcodec that came with decord: decord's library is asked, since its Python has none.

    It is `unknown` where the library does not pass the question on.
    """
    try:
        number = decord._ffi.base._LIB.avcodec_version()
    except AttributeError:
        return "unknown"
    return f"{number >> 16}.{number >> 8 & 255}.{number & 255}"


def _without_padding(picture: np.ndarray) -> np.ndarray:
    """Return the picture without the padding of its rows, which decord counts as further channels.

    Some small widths (48 and 72, for example) are padded.
    """
    height, width, channels = picture.shape
    if channels == 3:
        return picture
    return np.ascontiguousarray(picture.reshape(height, -1)[:, : 3 * width].reshape(height, width, 3))


def _gist(message: str) -> str:
    """Return the first line of a message of decord or libav, without times, source positions and addresses."""
    lines = message.strip().splitlines() or ["no message"]
    return re.sub(r"(\[[\d:]+\] )?/\S+:\d+: | @ 0x[0-9a-f]+", "", lines[0]).strip()
