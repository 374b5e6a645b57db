"""Makes decoded frames what a browser shows: upright, of square pixels, progressive, not too large.

Test: tests/service/test_film.py.
"""

from collections.abc import Iterator
from fractions import Fraction

import av
from av import VideoFrame
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.stream import VideoStream

from pipeline.video.upright import orientation, pixel_aspect

SHORT_SIDE = 720
"""The most pixels that the short side of a picture has afterwards."""
PIXELS = "yuv420p"
TICK = Fraction(1, 90000)
"""The unit of the frames' times, in seconds."""

_PROGRESSIVE, _UNKNOWN = 1, 0


class Screen:
    """Changes the frames of one stream into pictures of one size, whatever sizes they have.

    size: width and height, even numbers.
    """

    def __init__(self, first: VideoFrame, stream: VideoStream):
        a, b, c, d = orientation(first)
        across, down = first.width * pixel_aspect(stream), Fraction(first.height)
        scale = min(SHORT_SIDE / min(across, down), Fraction(1))
        stored = max(2, round(across * scale / 2) * 2), max(2, round(down * scale / 2) * 2)
        self.size = (stored[1], stored[0]) if a == 0 else stored
        self._filters = [
            *(
                [("bwdif", "mode=send_frame:deint=interlaced")]
                if stream.codec_context.field_order not in (_PROGRESSIVE, _UNKNOWN)
                else []
            ),
            ("scale", f"{stored[0]}:{stored[1]}"),
            *([("transpose", "cclock_flip")] if a == 0 else []),
            *([("hflip", "")] if a + c < 0 else []),
            *([("vflip", "")] if b + d < 0 else []),
            ("setsar", "1"),
            ("format", PIXELS),
            ("buffersink", ""),
        ]
        self._graph: Graph | None = None
        self._taken: tuple[int, int, str] | None = None

    def shown(self, frame: VideoFrame, at: int) -> Iterator[VideoFrame]:
        """Yield what is ready to be shown after a frame that is due at `at`, in TICKs."""
        frame.pts, frame.time_base = at, TICK
        kind = (frame.width, frame.height, frame.format.name)
        if kind != self._taken:
            yield from self.rest()
            self._graph, self._taken = self._new_graph(*kind), kind
        assert self._graph is not None
        self._graph.vpush(frame)
        yield from self._ready()

    def rest(self) -> Iterator[VideoFrame]:
        """Yield what is still to be shown after the last frame."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._ready()

    def _new_graph(self, width: int, height: int, pixels: str) -> Graph:
        graph = Graph()
        source = graph.add_buffer(width=width, height=height, format=VideoFormat(pixels), time_base=TICK)
        graph.link_nodes(source, *(graph.add(name, settings or None) for name, settings in self._filters)).configure()
        return graph

    def _ready(self) -> Iterator[VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                yield self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
