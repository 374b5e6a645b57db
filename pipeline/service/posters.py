"""Gives the picture of a video at a time, as a small JPEG."""

from pipeline.search.results import IndexedVideo

WIDTHS = (160, 320, 640)
"""The widths in pixels that a poster may have; a picture that is narrower is not widened."""


class Posters:
    """Takes posters on demand, a few at a time, and keeps those that were taken."""

    async def get(self, video: IndexedVideo, seconds: float, width: int) -> bytes:
        """Return the frame that is on screen at `seconds`, upright, as a JPEG; after the end it is the last frame.

        Raises ValueError where the width is none of WIDTHS, MediaError where there is no picture to be had.
        """
        raise NotImplementedError
