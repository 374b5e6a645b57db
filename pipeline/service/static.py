"""The files of the page, read once: a request can name these and no others. Test: tests/service/test_static.py."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

PAGE = Path(__file__).parent / "page"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


def page_files(folder: Path) -> dict[str, Callable[[Request], Awaitable[Response]]]:
    """Return by path what answers with a file of the folder; page.html answers at `/`."""
    files = sorted(path for path in folder.iterdir() if path.suffix in TYPES)
    return {"/" if path.name == "page.html" else f"/{path.name}": _answering(path) for path in files}


def _answering(path: Path) -> Callable[[Request], Awaitable[Response]]:
    content, media_type = path.read_bytes(), TYPES[path.suffix]
    headers = {"etag": f'"{hashlib.sha256(content).hexdigest()[:32]}"', "cache-control": "no-cache"}

    async def answer(request: Request) -> Response:
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media_type, headers=headers)

    return answer
