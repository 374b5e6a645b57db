"""The sub-command `amdnet serve`, which opens an index to the browser. Test: tests/tools/test_serve.py."""

import socket
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import typer

from pipeline.core.quick_start import quick_start

if TYPE_CHECKING:
    from pipeline.service.notebook import Notebook


def serve(
    index: Annotated[Path, typer.Option(help="Folder of the index.")] = Path("outputs/index"),
    videos: Annotated[
        Path | None,
        typer.Option(help="Folder of the videos, where they are not where they were indexed.", show_default=False),
    ] = None,
    host: Annotated[str, typer.Option(help="Name or number of this machine by which it is reached.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8000,
    token: Annotated[
        str | None, typer.Option(help="What every visitor must know.", show_default=False, envvar="AMDNET_TOKEN")
    ] = None,
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Let everybody in who reaches a host that is not this machine alone.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Let the page add sentences to queries.jsonl in `source`; here alone.")
    ] = False,
) -> None:
    """Search an index from a page in the browser.

    The command prints the address of the page, and serves it until Ctrl-C. Nobody but this machine reaches it, unless
    --host says otherwise; then it asks for --token, or for --no-token. It writes nothing, unless --write says so.
    """
    from pipeline.core.errors import PipelineError
    from pipeline.service.server import PageServer, listen, raise_file_limit

    if token == "" or (token and no_token):
        raise PipelineError("the token is empty, or --no-token is given too", where="--token", fix="give one of them")
    listening = listen(host, port)
    address, port = listening.getsockname()[:2]
    if not ip_address(address).is_loopback:
        if write:
            fix = "leave --host out, or --write"
            raise PipelineError("other machines reach this address, and nobody but you may write", where=host, fix=fix)
        if token is None and not no_token:
            fix = "add --token with a word that is hard to guess, or --no-token if everybody there may look"
            raise PipelineError("other machines reach this address, and nobody would be asked", where=host, fix=fix)
        typer.echo(
            "WARNING: Other machines reach this page and the videos of the index"
            + (", and nobody is asked for a token." if no_token else ".")
            + " What is sent is not encrypted.",
            err=True,
        )

    with quick_start():
        from pipeline.core.runtime import device
        from pipeline.search.searcher import Searcher
        from pipeline.service.app import make_app
        from pipeline.service.hosts import hosts_of
        from pipeline.service.posters import Posters

        notebook = _notebook() if write else None
        search = Searcher.open(index, videos, device())
    raise_file_limit()
    app = make_app(search, Posters(), hosts_of(host, address), token, notebook)
    server = PageServer(app, listening, says=f"The page is at {_url(host, address, port, token)} (Ctrl-C ends it).")
    server.serve_until_told()
    typer.echo("Stopped.")


def _notebook() -> "Notebook":
    """What adds sentences to the queries of params.yaml's `source`, which must be videos of the user's own."""
    from pipeline.annotations.common.layout import layout_of
    from pipeline.annotations.common.own_layout import OWN_VIDEOS
    from pipeline.annotations.common.params import PrepareParams
    from pipeline.core.errors import PipelineError
    from pipeline.core.params import load
    from pipeline.scan.check import own_videos
    from pipeline.scan.source import FIX, exists, source_folder
    from pipeline.service.notebook import Notebook

    params = load("dataset", "source", PrepareParams)
    if layout_of(params.dataset) != OWN_VIDEOS:
        fix = f"set `dataset: {own_videos()}` and its `source` in params.yaml"
        cause = f"sentences are added to videos of your own, not to `dataset: {params.dataset}`"
        raise PipelineError(cause, where="--write", fix=fix)
    source = source_folder(params.source)
    if not exists(source):
        raise PipelineError("no such folder", where=source, fix=FIX)
    return Notebook(source, by_path=params.prepare.video_ids == "path")


def _url(host: str, address: str, port: int, token: str | None) -> str:
    """The address of the page, as a browser takes it."""
    name = socket.gethostname() if ip_address(address).is_unspecified else host
    query = f"?{urlencode({'token': token})}" if token else ""
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/{query}"
