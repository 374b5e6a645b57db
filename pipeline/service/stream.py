"""Sends a video as fragmented MP4 (H.264 and AAC) from any second on, for browsers that cannot play the file."""

from starlette.responses import Response

from pipeline.search.results import IndexedVideo


def stream_response(video: IndexedVideo, start: float) -> Response:
    """Return the response that streams the video from about `start` seconds on.

    Its header X-Start says which second of the video is currentTime 0 of the stream: the key frame before `start` where
    the picture is copied, `start` itself where it is encoded anew. A page learns it by a HEAD request of the same URL,
    which costs little, and adds it to currentTime; so let the route answer HEAD too. Range is not known, the stream is
    not seekable: to go elsewhere, ask for another one.

    Where the video cannot be streamed, the response is {"error": sentence} with the status of the MediaError (404, 422
    or 503). A client that does not read for ten seconds, as a player that was paused for long, is cut off; ask for
    another stream from its currentTime.
    """
    raise NotImplementedError
