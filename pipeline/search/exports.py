"""Writes a list of clips as a file that video editors and spreadsheets open. Test: tests/search/test_exports.py.

The files of editors are written by the adapters of OpenTimelineIO. The clips stand behind each other on one video
track. All times are counted at `RATE` frames a second, because an index does not know the rates of its videos; editors
convert them. An EDL does not say its rate, so the title does.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote

import opentimelineio as otio

from pipeline.core.errors import PipelineError
from pipeline.search.plain_text import csv_bytes, one_line
from pipeline.search.results import IndexedVideo

Format = Literal["csv", "otio", "edl", "fcpxml"]
FORMATS: tuple[Format, ...] = get_args(Format)

RATE = 25
"""Frames a second of every timeline."""

MOST_EVENTS = 999
"""The most clips of an EDL, which numbers them with three digits."""

TITLE = f"AMDNet clips, {RATE} fps"

_ROUNDING = 1e-6
"""Frames by which a time may miss a whole frame and still be on it."""
_REEL_LENGTH = 8
_NO_REELS = frozenset({"AX", "BL", "BLACK", "BARS"})
"""What an EDL reads as something else than a reel."""
_DAY = 24 * 60 * 60 * RATE


@dataclass(frozen=True)
class Clip:
    """A part of a video, in seconds, and what it is about: a query, for example."""

    video: IndexedVideo
    start: float
    end: float
    label: str = ""


def export(clips: Sequence[Clip], format: Format) -> bytes:
    """Return the clips, in their order, as a file of the format.

    csv: video, id, start, end, label and URL of each clip. otio, edl, fcpxml: a timeline. A time is rounded to a frame
    in such a way that the whole clip is in, and what goes beyond the video is cut off.

    Raises PipelineError where there is no clip, a clip is not within its video, or the format cannot hold so many.
    """
    if not clips:
        raise PipelineError("there is no clip to export", where=format, fix="add a clip to the list first")
    for clip in clips:
        if not 0 <= clip.start < min(clip.end, clip.video.duration):
            raise PipelineError(
                f"no part of the video of {clip.video.duration:g} s is from {clip.start:g} to {clip.end:g} s",
                where=one_line(clip.video.name),
                fix="let the clip start within the video and end after its start",
            )
    if format == "csv":
        header = ("video", "id", "start", "end", "label", "url")
        return csv_bytes([header, *map(_row, clips)])
    return _written(clips, format).encode("utf-8")


def _row(clip: Clip) -> Sequence[str | float]:
    end = min(clip.end, clip.video.duration)
    return clip.video.name, clip.video.video_id, round(clip.start, 3), round(end, 3), clip.label, _url(clip.video)


def _written(clips: Sequence[Clip], format: Format) -> str:
    timeline = _timeline(clips)
    if format == "otio":
        return str(otio.adapters.write_to_string(timeline, "otio_json"))
    if format == "edl":
        ends = [clip.source_range.end_time_exclusive() for clip in timeline.find_clips()]
        if len(clips) > MOST_EVENTS or max(timeline.duration(), *ends).value >= _DAY:
            raise PipelineError(
                f"an EDL holds no more than {MOST_EVENTS} clips, and no time of 24 hours, within a video or in all",
                where=f"these {len(clips)} clips",
                fix="export fewer clips, or as otio or fcpxml",
            )
        return str(otio.adapters.write_to_string(timeline, "cmx_3600", rate=RATE, reelname_len=_REEL_LENGTH))
    for clip in timeline.find_clips():
        # The adapter puts names between apostrophes in XPath. It lets ffprobe open every file that it finds, and finds
        # none where the URL has a host.
        clip.name = clip.name.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
        clip.media_reference.target_url = "file://localhost/" + clip.media_reference.target_url.removeprefix("file:///")
    return str(otio.adapters.write_to_string(timeline, "fcpx_xml"))


def _timeline(clips: Sequence[Clip]) -> otio.schema.Timeline:
    reels = _reels([clip.video for clip in clips])
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    track.extend([_on_track(clip, reels[clip.video.video_id]) for clip in clips])
    timeline = otio.schema.Timeline(TITLE)
    timeline.tracks.append(track)
    return timeline


def _on_track(clip: Clip, reel: str) -> otio.schema.Clip:
    whole = _frames(0, clip.video.duration)
    part = _frames(clip.start, min(clip.end, clip.video.duration))
    found = otio.schema.Clip(
        one_line(clip.video.name),
        media_reference=otio.schema.ExternalReference(_url(clip.video), available_range=whole),
        source_range=part,
        metadata={"cmx_3600": {"reel": reel}},
    )
    if clip.label:
        frame = otio.opentime.TimeRange(part.start_time, otio.opentime.RationalTime(1, RATE))
        found.markers.append(otio.schema.Marker(one_line(clip.label), frame, otio.schema.MarkerColor.CYAN))
    return found


def _frames(start: float, end: float) -> otio.opentime.TimeRange:
    """The frames that hold every moment from start to end."""
    first, behind = math.floor(start * RATE + _ROUNDING), math.ceil(end * RATE - _ROUNDING)
    of_rate = otio.opentime.RationalTime
    return otio.opentime.TimeRange(of_rate(first, RATE), of_rate(max(behind - first, 1), RATE))


def _url(video: IndexedVideo) -> str:
    """Where the file is; of a video without a file its name, as a relative URL, which an editor can be told to find."""
    return video.path.absolute().as_uri() if video.path else quote(video.name, errors="surrogateescape")


def _reels(videos: Sequence[IndexedVideo]) -> dict[str, str]:
    """A name for each video, by id, of at most eight capital letters and digits, which no other one has."""
    found: dict[str, str] = {}
    taken = set(_NO_REELS)
    for video in videos:
        if video.video_id in found:
            continue
        stem = video.name.rpartition("/")[2].rpartition(".")[0] or video.name
        plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().upper()
        letters = re.sub("[^A-Z0-9]", "", plain) or "CLIP"
        reel, number = letters[:_REEL_LENGTH], 1
        while reel in taken:
            number += 1
            reel = f"{letters[: _REEL_LENGTH - len(str(number))]}{number}"
        taken.add(reel)
        found[video.video_id] = reel
    return found
