"""Writes the subtitles of a video as WebVTT. Test: tests/service/test_captions.py."""

from pipeline.search.results import IndexedVideo


def webvtt(video: IndexedVideo, since: float = 0.0) -> bytes:
    """Return the lines of the video as a WebVTT file in UTF-8; a video without lines gives one without cues.

    since: which second of the video is 0 in the file, as X-Start of a stream; lines that end before it are left out.
    """
    raise NotImplementedError
