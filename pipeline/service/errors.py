"""Why a picture, a stream or a file of a video cannot be given. Test: tests/service/test_process.py."""

MISSING, UNREADABLE, BUSY = 404, 422, 503
"""The statuses that a MediaError may have, as of HTTP."""


class MediaError(Exception):
    """A video of the index cannot be shown. Its message is a sentence for people, without any path.

    status: MISSING where the file is not there, UNREADABLE where it is damaged, holds no video or is not read in time,
    BUSY where as many videos are being read as may be at a time.
    """

    def __init__(self, sentence: str, status: int = UNREADABLE):
        super().__init__(sentence)
        self.status = status
