"""Writes a video as fragmented MP4 from a second on, in a child process. Test: tests/service/test_film.py.

H.264 that a browser can show is copied, from the key frame before that second on; the edit list of the film tells the
player to show it only from that second on. Any other picture is encoded anew. So is the sound always, as AAC in stereo.
"""

import time
from collections.abc import Callable
from fractions import Fraction
from typing import BinaryIO

import av

from pipeline.service.copied_picture import CopiedPicture, can_be_copied
from pipeline.service.encoded_picture import EncodedPicture
from pipeline.service.encoded_sound import EncodedSound
from pipeline.service.local_video import LocalVideo

AHEAD = 30
"""Seconds by which what is written may be ahead of a player that shows it as it comes.

A player that is given more puts it aside until it has enough, and then does not read for longer than a client may.
"""

AT_ONCE = 1 << 18
"""Bytes that are written without regard to that: a player hands on what it reads in blocks, and may want several."""

_LONGEST_PAUSE = 10
_FORMAT = {
    "movflags": "delay_moov+default_base_moof+frag_keyframe",
    "frag_duration": "500000",  # microseconds
    "flush_packets": "1",
}


def film(video: LocalVideo, start: Fraction, begin: Callable[[bool], BinaryIO]) -> None:
    """Write the video from `start` on into the file that `begin` returns.

    begin: is told whether the picture is copied. Raises MediaError where there is no picture to be written.
    """
    packets = video.packets(start, sound=True)
    copied = can_be_copied(video)
    picture = CopiedPicture(video, packets, start) if copied else EncodedPicture(video, packets, start)
    with av.open(begin(copied), "w", format="mp4", options=_FORMAT) as written:
        picture.add_to(written)
        sound = EncodedSound(video, video.sound, written, start) if video.sound else None
        written.start_encoding()
        begun, size = time.monotonic(), 0
        for packet in picture.packets:
            if sound and packet.stream_index == sound.index:
                written.mux(list(sound.made(packet)))
                continue
            for made in picture.made(packet):
                at = (made.dts or 0) * made.time_base
                written.mux([*(sound.until(at) if sound else ()), made])
                size += made.size
                if size > AT_ONCE:
                    time.sleep(min(max(0.0, float(at) - AHEAD - (time.monotonic() - begun)), _LONGEST_PAUSE))
        written.mux([*picture.rest(), *(sound.rest() if sound else ())])
