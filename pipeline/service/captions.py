"""Writes the subtitles of a video as WebVTT. Test: tests/service/test_captions.py."""

import html

from pipeline.search.results import IndexedVideo, Line

_SHORTEST = 0.001  # seconds; a cue must end after it starts


def webvtt(video: IndexedVideo) -> bytes:
    """Return the lines of the video as a WebVTT file in UTF-8; a video without lines gives one without cues."""
    return "\n".join(["WEBVTT\n", *map(_cue, video.lines)]).encode("utf-8", "replace")


def _cue(line: Line) -> str:
    start = max(line.start, 0.0)
    end = max(line.end, start + _SHORTEST)
    rows = [row.strip() for row in line.text.replace("\0", "\N{REPLACEMENT CHARACTER}").splitlines()]
    text = html.escape("\n".join(filter(None, rows)), quote=False)  # an empty row would end the cue
    return f"{_clock(start)} --> {_clock(end)}\n{text}\n"


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
