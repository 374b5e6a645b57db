"""Looks at how a browser can play a file, in a child process. Test: tests/service/test_playing.py."""

from pathlib import Path

from pipeline.service.local_video import LocalVideo, is_cover, open_local

_MOV, _WEBM = {".mp4", ".m4v", ".mov"}, {".webm"}
_PICTURES = {"mov": {"h264", "vp9", "av1"}, "matroska": {"vp8", "vp9", "av1"}}
_SOUNDS = {"mov": {"aac", "mp3", "opus"}, "matroska": {"opus", "vorbis"}}
_PIXELS = {
    "h264": {"yuv420p", "yuvj420p"},
    "vp8": {"yuv420p"},
    "vp9": {"yuv420p", "yuvj420p", "yuv420p10le"},
    "av1": {"yuv420p", "yuvj420p", "yuv420p10le"},
}


def how_played(path: str) -> str:
    """Return `file` where browsers play the file as it is, `stream` where a film has to be made of it.

    Raises MediaError where the file is not there, cannot be read or has no picture.
    """
    with open_local(path) as video:
        return "file" if _plays(video, Path(path).suffix.lower()) else "stream"


def _plays(video: LocalVideo, suffix: str) -> bool:
    if suffix not in (_MOV if video.format == "mov" else _WEBM if video.format == "matroska" else ()):
        return False
    streams = video.container.streams
    pictures = [stream for stream in streams.video if not is_cover(stream)]
    codec = video.picture.codec_context
    name = codec.codec.canonical_name
    sounds = {stream.codec_context.codec.canonical_name for stream in streams.audio if stream.codec_context}
    return (
        pictures[0].index == video.picture.index  # browsers show the first
        and name in _PICTURES[video.format]
        and codec.pix_fmt in _PIXELS[name]
        and sounds <= _SOUNDS[video.format]
        and all(stream.codec_context for stream in streams.audio)
    )
