"""Chooses the frames of each clip: pure arithmetic on the times of all frames, before anything is decoded.

Clip i covers [i * clip_seconds, (i + 1) * clip_seconds). Every rule gives one array of frame indices for each clip. The
indices never fall, within a clip or from one clip to the next, so that one pass through the video reads them all.
Decoders give times as float32, so borders are rounded to float32 before they are compared: a frame due exactly on a
border is on it.

`full_clip`, `middle` and `uniform` choose by the time that a player shows. They give T = clip_count(end, clip_seconds)
clips, up to the end of the picture: a clip before the first frame shows that frame, and a clip in which no frame starts
shows the frame that is held.

The two `published_*` rules repeat how the published TVR features were made (linjieli222/HERO_Video_Feature_Extractor:
ffmpeg's `fps` filter, then index arithmetic). They count from the first frame, as that tool does, and have their own
number of clips; where sound starts before the picture, or where the last frame is held, their rows do not follow the
player's clock. Test: tests/video/test_clips.py.
"""

import math
from collections.abc import Iterable

import numpy as np

from pipeline.core.clock import clip_count
from pipeline.core.errors import PipelineError
from pipeline.video.reader import Timeline

FRAMES = 32
"""How many frames of a clip SlowFast sees."""
PUBLISHED_SECONDS = 1.5
"""The only clip length of the published features."""
_PUBLISHED_FPS, _PUBLISHED_CLIP_FRAMES = 30, 45
_OFFSETS = np.linspace(0, 44, FRAMES).astype(np.int64) / 45  # where in a clip, as shares of it, full_clip looks


def full_clip(timeline: Timeline, clip_seconds: float) -> list[np.ndarray]:
    """Return T arrays (32,): the frames nearest to 32 instants that are spread over the clip."""
    borders = _borders(timeline, clip_seconds)
    instants = borders[:-1, None] + _OFFSETS * clip_seconds
    return _nearest_in_clip(timeline.starts, borders, instants)


def middle(timeline: Timeline, clip_seconds: float) -> list[np.ndarray]:
    """Return T arrays (1,): the frame nearest to the clip's middle."""
    borders = _borders(timeline, clip_seconds)
    return _nearest_in_clip(timeline.starts, borders, borders[:-1, None] + clip_seconds / 2)


def uniform(timeline: Timeline, clip_seconds: float, frames_per_second: float) -> list[np.ndarray]:
    """Return T arrays (n_i,), n_i >= 1: the frames nearest to the instants (k + 0.5) / frames_per_second.

    The instants go up to the last frame. A clip that holds no instant gives its middle frame.
    """
    borders = _borders(timeline, clip_seconds)
    count = math.floor(float(timeline.starts[-1]) * frames_per_second + 0.5)
    instants = (np.arange(count) + 0.5) / frames_per_second
    cuts = np.searchsorted(instants.astype(np.float32), borders.astype(np.float32))
    shares = np.split(instants, cuts[1:-1])
    middles = borders[:-1] + clip_seconds / 2
    instants_of = [share if len(share) else np.array([at]) for share, at in zip(shares, middles, strict=True)]
    return _nearest_in_clip(timeline.starts, borders, instants_of)


def published_slowfast(timeline: Timeline) -> list[np.ndarray]:
    """Return one array (32,) for each 1.5 s: 32 of the 45 frames that a clip has at 30 frames a second.

    The video is resampled to 30 frames a second, padded with its last frame to whole seconds and then to a multiple of
    3 s. Of its clips the first ceil(header_seconds / 1.5) stay, or all where the header has no duration. Which 32
    frames are taken depends on the source's frame rate, see `published_indices`.
    """
    source = timeline.since_first
    resampled = max(1, _outputs(source.end, _PUBLISHED_FPS))
    clips = 2 * math.ceil(math.ceil(resampled / _PUBLISHED_FPS) / (2 * PUBLISHED_SECONDS))
    if source.header_seconds is not None:
        clips = max(1, min(clips, math.ceil(source.header_seconds / PUBLISHED_SECONDS)))
    chosen = published_indices(timeline.average_fps)
    shown = np.arange(clips)[:, None] * _PUBLISHED_CLIP_FRAMES + chosen
    return list(_resampled(source.starts, np.minimum(shown, resampled - 1), _PUBLISHED_FPS))


def published_indices(average_fps: float) -> np.ndarray:
    """Return (32,) indices into the 45 frames of a clip.

    The faster the source, the longer the span of the clip that they cover; they are cut off at the clip's end.
    """
    span = 2 * FRAMES * math.floor(average_fps) / _PUBLISHED_FPS
    return np.linspace(0, span - 1, FRAMES).clip(0, _PUBLISHED_CLIP_FRAMES - 1).astype(np.int64)


def published_resnet(timeline: Timeline) -> list[np.ndarray]:
    """Return one array (1,) for each 1.5 s: the latest frame that starts before 1.5 i + 0.75 s.

    There are round(duration / 1.5) of them, but at least one.
    """
    source = timeline.since_first
    clips = max(1, _outputs(source.end, 1 / PUBLISHED_SECONDS))
    return list(_resampled(source.starts, np.arange(clips)[:, None], 1 / PUBLISHED_SECONDS))


def require_published_seconds(stream: str, sampling: str, clip_seconds: float) -> None:
    """Raise PipelineError where `published` sampling is chosen with a clip length other than its own."""
    if sampling == "published" and clip_seconds != PUBLISHED_SECONDS:
        raise PipelineError(
            f"`{stream}.sampling: published` repeats published features, whose clips are {PUBLISHED_SECONDS} s long, "
            f"but `clip_seconds` is {clip_seconds}",
            where="params.yaml",
            fix=f"set `clip_seconds: {PUBLISHED_SECONDS}`, or another `{stream}.sampling`",
        )


def _borders(timeline: Timeline, clip_seconds: float) -> np.ndarray:
    """Return (T + 1,) seconds: where each clip starts, and where the last one ends."""
    return np.arange(clip_count(timeline.end, clip_seconds) + 1) * clip_seconds


def _nearest_in_clip(starts: np.ndarray, borders: np.ndarray, instants_of: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Return the frames of each clip that are nearest to its instants, the earlier one of two that are as near.

    A clip in which no frame starts shows the frame before it, or else the first of all.
    """
    firsts = np.searchsorted(starts, borders.astype(np.float32))
    return [
        _nearest(starts, first, stop, instants) if first < stop else np.full(len(instants), max(first - 1, 0))
        for first, stop, instants in zip(firsts[:-1], firsts[1:], instants_of, strict=True)
    ]


def _nearest(starts: np.ndarray, first: int, stop: int, instants: np.ndarray) -> np.ndarray:
    window = starts[first:stop].astype(np.float64)
    later = np.searchsorted(window, instants)
    earlier = np.maximum(later - 1, 0)
    later = np.minimum(later, len(window) - 1)
    rounding = 2 * np.spacing(starts[-1])  # two distances may differ by this much only because times are float32
    take_earlier = instants - window[earlier] <= window[later] - instants + rounding
    return first + np.where(take_earlier, earlier, later)


def _resampled(starts: np.ndarray, numbers: np.ndarray, fps: float) -> np.ndarray:
    """Return the frames that ffmpeg's `fps` filter (round=near) shows as its outputs `numbers`.

    Output n shows the latest frame whose time, counted in outputs, rounds to n or less, that is, lies below n + 0.5.
    """
    return np.maximum(np.searchsorted(starts, ((numbers + 0.5) / fps).astype(np.float32)) - 1, 0)


def _outputs(end: float, fps: float) -> int:
    """Return how many outputs the `fps` filter gives for a video that ends at `end`: end * fps, halves rounded up."""
    centres = (np.arange(int(end * fps) + 2) + 0.5) / fps
    return int(np.searchsorted(np.float32(centres), np.float32(end), side="right"))
