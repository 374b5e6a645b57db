"""The same numbered frames in every container and codec, and ways to damage a file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from helpers.numbered import numbered_frame
from helpers.videos import write_video

_X265 = {"x265-params": "keyint=8:log-level=none"}  # open GOPs are its default
_VP9 = {"deadline": "realtime", "cpu-used": "8", "g": "8"}
_AV1 = {"preset": "10", "g": "8"}
_B = {"bf": "2", "g": "8"}

FORMATS: dict[str, tuple[str, dict[str, str], str]] = {  # file name -> encoder, its options, who reads it
    "h264.mp4": ("libx264", {"g": "8"}, "decord"),
    "h264_open_gop.mp4": ("libx264", {"x264-params": "open-gop=1:keyint=8:bframes=3"}, "decord"),
    "h264.mkv": ("libx264", {"g": "8"}, "decord"),
    "h264.avi": ("libx264", {"g": "8"}, "pyav"),  # B-frames: decord's times are negative
    "h264.ts": ("libx264", {"g": "8"}, "pyav"),
    "hevc.mp4": ("libx265", _X265, "decord"),
    "hevc.mkv": ("libx265", _X265, "decord"),
    "hevc.ts": ("libx265", _X265, "pyav"),
    "vp9.webm": ("libvpx-vp9", _VP9, "decord"),
    "vp9.mkv": ("libvpx-vp9", _VP9, "decord"),
    "av1.mp4": ("libsvtav1", _AV1, "pyav"),
    "av1.webm": ("libsvtav1", _AV1, "pyav"),
    "mpeg4.avi": ("mpeg4", {"g": "8"}, "decord"),
    "mpeg4_b.avi": ("mpeg4", _B, "pyav"),
    "mpeg4_b.mp4": ("mpeg4", _B, "decord"),
    "mpeg4_b.mkv": ("mpeg4", _B, "decord"),
    "mpeg2.ts": ("mpeg2video", _B, "pyav"),
    "wmv2.avi": ("wmv2", {"g": "8"}, "decord"),
    "wmv2.asf": ("wmv2", {"g": "8"}, "decord"),  # into mkv and mp4 FFmpeg does not write it
}


def noisy_frames(count: int) -> list[np.ndarray]:
    """Frames (64, 64, 3) that show their numbers under noise, so that each takes a few hundred bytes."""
    noise = np.random.default_rng(0).integers(-25, 26, (count, 64, 64, 1))
    doubled = [np.kron(numbered_frame(k), np.ones((2, 2, 1), np.int64)) for k in range(count)]
    return [(frame + grain).clip(0, 255).astype(np.uint8) for frame, grain in zip(doubled, noise, strict=True)]


def write_format(folder: Path, name: str, count: int = 24, fps: int = 24) -> Path:
    """One of FORMATS; an mp4 has its index in front, so that a torn one can be opened."""
    codec, options, _ = FORMATS[name]
    faststart = {"movflags": "faststart"} if name.endswith(".mp4") else {}
    return write_video(
        folder / name, noisy_frames(count), fps, codec=codec, options=options, container_options=faststart
    )


def _middle(data: bytes) -> int:
    return len(data) * 45 // 100


def _flipped(data: bytes) -> bytes:
    spoilt = bytearray(data)
    for position in range(_middle(data), len(data) * 9 // 10, 97):
        spoilt[position] ^= 0x55
    return bytes(spoilt)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[: len(data) * 6 // 10],
    "hole": lambda data: data[: _middle(data)] + bytes(len(data) // 8) + data[_middle(data) + len(data) // 8 :],
    "cut_out": lambda data: data[: _middle(data)] + data[_middle(data) + len(data) // 8 :],
    "flipped": _flipped,
}
