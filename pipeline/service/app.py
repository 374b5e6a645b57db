"""The web service: the page, and the addresses below /api/ that it asks. Test: tests/service/test_app.py."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from pipeline.core.errors import PipelineError
from pipeline.search.exports import FORMATS, Clip, export
from pipeline.search.results import IndexedVideo, Results, Search
from pipeline.service import queries, static
from pipeline.service.answers import failure, of_results, of_videos, plain
from pipeline.service.captions import webvtt
from pipeline.service.errors import BUSY, MISSING, MediaError
from pipeline.service.guard import Guard
from pipeline.service.hosts import Hosts
from pipeline.service.limits import Busy, Turns
from pipeline.service.notebook import Notebook
from pipeline.service.playing import how_each
from pipeline.service.posters import Posters
from pipeline.service.ranges import video_file
from pipeline.service.stream import stream_response

EXPORTED = {"csv": "text/csv", "otio": "application/json", "edl": "text/plain", "fcpxml": "application/xml"}
RETRY = {"retry-after": "1"}
NOBODY = Response(status_code=204)
"""The answer to a client that is gone."""


def make_app(
    search: Search, posters: Posters, hosts: Hosts, token: str | None = None, notebook: Notebook | None = None
) -> ASGIApp:
    """Return the service as an ASGI application.

    search: what is asked, by one request at a time, so it need not be thread-safe. hosts: by which names the service
    may be called. token: what every request must know, None where everybody who reaches the service may ask.
    notebook: to which sentences are added, None where nothing is written.

    A file is only ever found by the id of its video, through `search`. Every error is {"error": a sentence}, in which
    no path stands.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    _add_errors(app)
    for path, answer in static.page_files(static.PAGE).items():
        app.add_route(path, answer, ["GET"])
    _add_search(app, search, writes=notebook is not None)
    _add_notes(app, search, notebook)
    _add_videos(app, search, posters)
    return Guard(app, hosts, token)


def _gone(request: Request) -> Callable[[], Awaitable[bool]]:
    """What tells whether the client has closed its connection."""

    async def gone() -> bool:
        await request.body()  # which comes before the message that the client is gone, also where it is empty
        return await request.is_disconnected()

    return gone


def _get(app: FastAPI, path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return app.api_route(path, methods=["GET", "HEAD"], response_model=None)


def _add_search(app: FastAPI, search: Search, writes: bool) -> None:
    """Add what asks the index, and what exports clips of it; writes: whether sentences can be added."""
    searching, looking, exporting = Turns(1, waiting=100), Turns(2, waiting=100), Turns(1, waiting=10)

    @_get(app, "/api/about")
    async def about() -> Response:
        return JSONResponse(plain({**search.about, "exports": FORMATS, "writes": writes}))

    @_get(app, "/api/search")
    async def find(request: Request, asked: Annotated[queries.AskedSearch, Query()]) -> Response:
        def search_once() -> Results:
            return search.search(asked.q, asked.k, asked.among)

        if (results := await searching.run(search_once, _gone(request))) is None:
            return NOBODY
        videos = [hit.video for hit in results.hits]
        if (ways := await looking.run(lambda: how_each(videos), _gone(request))) is None:
            return NOBODY
        play = {video.video_id: way for video, way in zip(videos, ways, strict=True)}
        return JSONResponse(plain(of_results(results, play)))

    @_get(app, "/api/videos")
    async def listed(request: Request, asked: Annotated[queries.AskedVideos, Query()]) -> Response:
        def list_once() -> tuple[list[IndexedVideo], int, Sequence[str]]:
            videos, count = search.listed(asked.first, asked.k, asked.among)
            return videos, count, how_each(videos)

        if (answer := await looking.run(list_once, _gone(request))) is None:
            return NOBODY
        return JSONResponse(plain(of_videos(*answer)))

    @app.post("/api/export", response_model=None)
    async def exported(request: Request, asked: Annotated[queries.AskedExport, Query()]) -> Response:
        body = queries.AskedClips.model_validate_json(await request.body())
        clips = [Clip(_video(search, clip.id), clip.start, clip.end, clip.label) for clip in body.clips]
        if (content := await exporting.run(lambda: export(clips, asked.format), _gone(request))) is None:
            return NOBODY
        disposition = {"content-disposition": f'attachment; filename="clips.{asked.format}"'}
        return Response(content, media_type=EXPORTED[asked.format], headers=disposition)


def _add_notes(app: FastAPI, search: Search, notebook: Notebook | None) -> None:
    """Add what writes a sentence down, asked by the page itself alone."""
    writing = Turns(1, waiting=10)

    @app.post("/api/queries", response_model=None)
    async def written(request: Request) -> Response:
        if notebook is None:
            return failure(403, "This page only shows: `amdnet serve --write` starts one that saves sentences.")
        if "origin" not in request.headers:  # which the guard has compared
            return failure(403, "Only the page itself may ask this.")
        note = queries.AskedNote.model_validate_json(await request.body())
        video = _video(search, note.id)
        count = await writing.run(lambda: notebook.add(video, note.text, note.start, note.end), _gone(request))
        return JSONResponse({"count": count}, 201) if count else NOBODY


def _add_videos(app: FastAPI, search: Search, posters: Posters) -> None:
    """Add what shows a video of the index."""
    opening = Turns(2, waiting=100)

    @_get(app, "/api/poster")
    async def poster(asked: Annotated[queries.AskedPoster, Query()]) -> Response:
        try:
            picture = await posters.get(_video(search, asked.id), asked.t, asked.w)
        except asyncio.CancelledError:  # the server ends
            return NOBODY
        return Response(picture, media_type="image/jpeg", headers={"cache-control": "private, max-age=600"})

    @_get(app, "/api/video")
    async def file(request: Request, asked: Annotated[queries.AskedVideo, Query()]) -> Response:
        video = _video(search, asked.id)
        return await opening.run(lambda: video_file(video), _gone(request)) or NOBODY

    @_get(app, "/api/stream")
    async def stream(asked: Annotated[queries.AskedStream, Query()]) -> Response:
        return stream_response(_video(search, asked.id), asked.start)

    @_get(app, "/api/subtitles")
    async def subtitles(asked: Annotated[queries.AskedVideo, Query()]) -> Response:
        return Response(webvtt(_video(search, asked.id)), media_type="text/vtt")


def _video(search: Search, video_id: str) -> IndexedVideo:
    try:
        return search.video(video_id)
    except KeyError:
        raise MediaError("The index has no video with this id.", MISSING) from None


def _add_errors(app: FastAPI) -> None:
    """Add what is answered where something goes wrong. What nobody foresaw, uvicorn prints as well."""

    @app.exception_handler(HTTPException)
    async def of_address(_: Request, error: HTTPException) -> Response:
        sentences = {404: "There is nothing at this address.", 405: "This address is not asked in this way."}
        return failure(error.status_code, sentences.get(error.status_code, "This cannot be read."), error.headers)

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(ValidationError)
    async def of_parameters(_: Request, error: RequestValidationError | ValidationError) -> Response:
        return failure(422, queries.complaint(error.errors()))

    @app.exception_handler(PipelineError)
    async def of_request(_: Request, error: PipelineError) -> Response:
        if isinstance(error.where, Path):
            raise error  # It is about a file of the server, which is nothing to whoever asks.
        says = "; ".join(part for part in (error.cause, error.fix) if part)
        return failure(422, f"{says[:1].upper()}{says[1:]}.")

    @app.exception_handler(MediaError)
    async def of_media(_: Request, error: MediaError) -> Response:
        return failure(error.status, str(error), RETRY if error.status == BUSY else None)

    @app.exception_handler(Busy)
    async def of_load(*_: object) -> Response:
        return failure(BUSY, "Too many requests wait already; try again in a moment.", RETRY)

    @app.exception_handler(Exception)
    async def unforeseen(*_: object) -> Response:
        return failure(500, "Something went wrong in the server; where it was started, a message says what.")
