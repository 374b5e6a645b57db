"""Reads videos with PyAV, from the first frame on: only wanted frames are converted, and the time of each is checked.

PyAV reads what decord cannot read or misreads, and it is strict: a damaged bitstream, a frame that is flagged as
corrupt, and a frame that does not come at its time are errors. What the codec itself cannot notice (bits flipped inside
a VP9 frame, which has no check) is not noticed here. Test: tests/video/test_readers.py.
"""

from collections.abc import Iterable, Iterator

import av
import numpy as np

from pipeline.video.containers import open_container
from pipeline.video.decoded_times import decoded_frames
from pipeline.video.main_stream import surveyed_stream
from pipeline.video.reader import Request, VideoError
from pipeline.video.scale import Scaler
from pipeline.video.survey import survey
from pipeline.video.upright import upright


class AvReader:
    """Reads a video with PyAV, scaled and turned as it is meant to be seen.

    Raises VideoError where the file cannot be opened or its packets are damaged.
    """

    def __init__(self, request: Request):
        self.path = request.path
        self.libavcodec = ".".join(map(str, av.library_versions["libavcodec"]))
        found = survey(self.path)
        self.timeline, self._pts = found.timeline, found.pts
        self._scaler = Scaler(self.path, found.scaled(request.short_side), request.scaling)
        self._container = open_container(self.path)
        self._stream = surveyed_stream(self._container)
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = request.threads
        self._stream.codec_context.options = {"err_detect": "explode"}

    def frames(self, wanted: Iterable[int]) -> Iterator[np.ndarray]:
        """See `pipeline.video.reader.Reader.frames`."""
        decoded, done = self._decoded(), 0
        for index in wanted:
            if index >= done:
                for _ in range(done, index + 1):
                    frame = next(decoded)
                done, picture = index + 1, upright(self._scaler(frame), frame)
            yield picture
        for _ in decoded:  # a frame too few or too many shows at the end at the latest
            pass

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Yield all frames in order, after checking each against its time."""
        total, position = len(self.timeline.starts), 0
        try:
            first = None if self._pts is None else int(self._pts[0])
            for frame in decoded_frames(self._container, self._stream, first):
                if position == total:
                    raise VideoError(f"it shows more than the {total} frames that it holds", where=self.path)
                if self._pts is not None and frame.pts is not None and frame.pts != self._pts[position]:
                    break
                if frame.is_corrupt:
                    raise VideoError(f"frame {position} of {total} is damaged", where=self.path)
                yield frame
                position += 1
        except av.FFmpegError as error:
            cause = f"frame {position} of {total} cannot be decoded: {error.strerror}"
            raise VideoError(cause, where=self.path) from None
        if position < total:
            due = self.timeline.starts[position]
            raise VideoError(f"frame {position} of {total}, due at {due:.3f} s, is missing", where=self.path)

    def close(self) -> None:
        """Free the decoder."""
        self._container.close()
