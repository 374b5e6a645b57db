"""The process that decodes: it reads one video after the other for the process that started it, and dies with it.

A decoder may hang or crash; here it takes nothing with it. The process imports numpy and PyAV but not torch, so it
starts in a quarter of a second; it imports decord where it is first told to read with it. `python -m
pipeline.video.child DESCRIPTOR` is what `pipeline.video.decode` starts, confined by `pipeline.video.confined`.

To (SURVEY, path) it answers with a Survey, to (HEADER, path) with a Header, to (PICTURES, Wanted) with a list of JPEGs.
To (decoder, Request) it answers with a Timeline and the version of the decoder's libavcodec; it is then sent frame
indices and answers with arrays (n, H, W, 3) of at most a mebibyte (or one frame), and with None at the end. In place of
any answer it may send a VideoError, which says why the video cannot be read, or another PipelineError, which says why
none can. It waits while the pipe is full, so it is never more than that ahead; how much decord decodes meanwhile is
bounded by the Request.
"""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.memory import growth_limited
from pipeline.video.av_reader import AvReader
from pipeline.video.header import Header, header
from pipeline.video.params import Decoder
from pipeline.video.pictures import pictures
from pipeline.video.reader import Reader, Request, VideoError
from pipeline.video.survey import Survey, survey


def _decord_reader(request: Request) -> Reader:
    """Open the video with decord; raises PipelineError where decord itself cannot be loaded."""
    try:
        from pipeline.video.decord_reader import DecordReader
    except (ImportError, OSError, RuntimeError) as error:
        raise PipelineError(
            f"decord cannot be loaded: {error}",
            where="decode.order",
            fix="install it anew (requirements.txt), or read without it: set decode.order to [pyav]",
        ) from None
    return DecordReader(request)


READERS: dict[Decoder, Callable[[Request], Reader]] = {"decord": _decord_reader, "pyav": AvReader}

SURVEY, HEADER, PICTURES = "survey", "header", "pictures"
QUESTIONS: dict[str, Callable[[Any], Survey | Header | list[bytes]]] = {
    SURVEY: survey,
    HEADER: header,
    PICTURES: pictures,
}
"""What else can be asked of a file."""

_MESSAGE_BYTES = 1 << 20
_MOST_BYTES = 1 << 33
"""What a video may take beside the pictures ahead: of 8K, whose frames take up to 200 MB, decoders hold about thirty.

It is not a share of the machine's memory, so that the same videos are read everywhere.
"""


def serve(connection: Connection) -> None:
    """Answer what the other side asks, until it is gone."""
    while True:
        decoder, asked = connection.recv()
        try:
            if decoder in QUESTIONS:
                with growth_limited(_MOST_BYTES):
                    connection.send(QUESTIONS[decoder](asked))
                continue
            with growth_limited(_MOST_BYTES + asked.ahead_bytes), closing(READERS[decoder](asked)) as reader:
                connection.send((reader.timeline, reader.libavcodec))
                for pictures in _stacked(reader.frames(connection.recv())):
                    connection.send(pictures)
                connection.send(None)
        except PipelineError as error:
            connection.send(error)
        except (EOFError, OSError):
            raise
        except Exception as error:  # whatever else a decoder raises is the video's failure, not the corpus's
            connection.send(VideoError(" ".join(f"{type(error).__name__}: {error}".split())))


def _stacked(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    waiting: list[np.ndarray] = []
    for frame in frames:
        waiting.append(frame)
        if len(waiting) * frame.nbytes >= _MESSAGE_BYTES:
            yield np.stack(waiting)
            waiting = []
    if waiting:
        yield np.stack(waiting)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks, with whom this process ends
    try:
        serve(Connection(int(sys.argv[1])))
    except (EOFError, OSError):
        pass
