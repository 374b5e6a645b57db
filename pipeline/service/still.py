"""Takes the picture of a video at a time, in a child process. Test: tests/service/test_posters.py."""

from fractions import Fraction

from av import VideoFrame

from pipeline.service.errors import MediaError
from pipeline.service.local_video import ROUNDING, THREADS, LocalVideo
from pipeline.video.jpeg import jpeg
from pipeline.video.scale import Scaler
from pipeline.video.upright import orientation, pixel_aspect, upright

_QUALITY = 4  # of JPEG in ffmpeg's scale: 2 (best) to 31
_TALLEST = 2
"""How many times as high as wide a poster may be; a picture that is taller becomes narrower."""


def still(video: LocalVideo, second: Fraction, width: int) -> bytes:
    """Return the frame that is on screen at `second` as a JPEG, at most `width` pixels wide.

    After the end it is the last frame, before the first one the first. Raises MediaError where a frame is damaged.
    """
    frame = _on_screen(video, second)
    turned = orientation(frame)[0] == 0
    across, down = frame.width * pixel_aspect(video.picture), Fraction(frame.height)
    shown = (down, across) if turned else (across, down)
    scale = min(width / shown[0], _TALLEST * width / shown[1], Fraction(1))
    size = max(2, round(across * scale)), max(2, round(down * scale))
    picture = upright(Scaler("", size, "bilinear")(frame), frame)
    return jpeg(picture, picture.shape[1], _QUALITY)


def _on_screen(video: LocalVideo, second: Fraction) -> VideoFrame:
    video.picture.codec_context.options = {"err_detect": "explode"}
    video.picture.thread_type = "AUTO"
    video.picture.codec_context.thread_count = THREADS
    shown = None
    for packet in video.packets(second, sound=False):
        for due, frame in video.shown(packet):
            if due > second + ROUNDING and shown is not None:
                return shown
            if frame.is_corrupt:
                raise MediaError("The video is damaged at this second.")
            shown = frame
    if shown is None:
        raise MediaError("The file holds no picture that can be shown.")
    return shown
