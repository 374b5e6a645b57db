"""Takes what the page of `amdnet search --html` shows of the videos. Test: tests/service/test_pictures.py."""

import asyncio
from collections.abc import Sequence

from pipeline.search.results import Hit, IndexedVideo
from pipeline.service.errors import MediaError
from pipeline.service.playing import how_each
from pipeline.service.posters import Posters

WIDTH = 320


def posters(hits: Sequence[Hit]) -> dict[str, bytes]:
    """Take a JPEG of each hit where its answer starts, by the id of the video; none where no picture can be had."""

    async def taken() -> list[bytes]:
        source = Posters()
        return await asyncio.gather(*(_poster(source, hit) for hit in hits))

    ids = [hit.video.video_id for hit in hits]
    return {video_id: jpeg for video_id, jpeg in zip(ids, asyncio.run(taken()), strict=True) if jpeg}


def playable(videos: Sequence[IndexedVideo]) -> frozenset[str]:
    """Return the ids of the videos whose files a browser plays as they are."""
    return frozenset(video.video_id for video, how in zip(videos, how_each(videos), strict=True) if how == "file")


async def _poster(source: Posters, hit: Hit) -> bytes:
    try:
        return await source.get(hit.video, hit.start, WIDTH)
    except MediaError:
        return b""
