"""What a container's header says of its video, without decoding a frame. Test: tests/video/test_reader.py."""

from dataclasses import dataclass
from pathlib import Path

import av

from pipeline.video.reader import VideoError


@dataclass(frozen=True)
class Probe:
    """width, height: pixels as stored; seconds: the video stream's own duration, None where its header has none."""

    width: int
    height: int
    seconds: float | None


def probe(path: Path | str) -> Probe:
    """Read the header of the file's main video stream; raises VideoError where there is none."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.best("video")
            if stream is None:
                raise VideoError("the file holds no video stream", where=path)
            seconds = None if stream.duration is None else float(stream.duration * stream.time_base)
            width, height = stream.width, stream.height
    except FileNotFoundError:
        raise VideoError("the file does not exist", where=path) from None
    except (av.FFmpegError, OSError) as error:
        raise VideoError(f"not a readable video: {error.strerror or error}", where=path) from None
    if not width or not height:
        raise VideoError("the header gives the picture no size", where=path)
    return Probe(width, height, seconds)
