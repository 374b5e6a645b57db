"""The sub-command `amdnet search`, which finds the moments that answer a sentence. Test: tests/tools/test_search.py."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.core.quick_start import quick_start
from tools.status import NOTHING_FOUND, SEARCH_FAILED, errors_exit_with

if TYPE_CHECKING:
    from pipeline.search.results import Search

INDEX = Path("outputs/index")
STANDARD = "-"


def search(
    query: Annotated[str | None, typer.Argument(metavar="QUERY", show_default=False)] = None,
    index: Annotated[Path, typer.Option(metavar="DIR", help="The folder that the stage `index` wrote.")] = INDEX,
    videos: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the videos are now, if they were moved.", show_default=False),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many videos to show at most.")] = 10,
    folder: Annotated[str, typer.Option(metavar="NAME", help="Search only the videos in this folder.")] = "",
    min_unusual: Annotated[
        float | None, typer.Option(help="Show only what is at least so unusual.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page that needs no server.", show_default=False)
    ] = None,
    otio: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a timeline of OpenTimelineIO.", show_default=False)
    ] = None,
    edl: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an edit list (CMX 3600).", show_default=False)
    ] = None,
    fcpxml: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write XML for Final Cut Pro.", show_default=False)
    ] = None,
    queries: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.jsonl",
            help='Search for the query of each line, {"query": ...}, perhaps with a "query_id"; - is standard input.',
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        str, typer.Option(metavar="FILE.jsonl", help="Where the answers to --queries go; - is standard output.")
    ] = STANDARD,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say how long each step took, on standard error.")] = False,
) -> None:
    """Find the moments of all videos that answer a sentence.

    QUERY is a sentence, such as "a dog runs into the water". The answer is a table of the videos that do best, with the
    best moment of each, and how unusual it is: how far the video's score is above the middle of the query's scores over
    all videos, in robust standard deviations.

    The exit status is 0 where something was found, 1 where nothing was, and 2 after an error. With --queries, it is 0
    where something was found for at least one query.
    """
    forms = {"json": as_json, "csv": as_csv, "html": html, "otio": otio, "edl": edl, "fcpxml": fcpxml}
    chosen = [name for name, value in forms.items() if value]
    _check(query, queries, out, chosen)
    from pipeline.search.results import MOST_HITS, Among

    if k > MOST_HITS:
        raise typer.BadParameter(f"a search returns at most {MOST_HITS} videos", param_hint="-k")
    with errors_exit_with(SEARCH_FAILED):
        from tools.searching.batch import search_for_each
        from tools.searching.single import Form, search_for_one
        from tools.searching.steps import Steps

        steps = Steps()
        with steps.timed("open the index"), quick_start():
            opened = open_index(index, videos)
        among = Among(folder=folder.strip("/"), unusual=min_unusual)
        if query is not None:
            target = html or otio or edl or fcpxml
            form = Form(chosen[0] if chosen else "table", target)
            found = search_for_one(opened, query, k, among, form, steps)
        else:
            found = search_for_each(opened, str(queries), out, k, among, steps)
        if verbose:
            steps.report()
    if not found:
        raise typer.Exit(NOTHING_FOUND)


def open_index(index: Path, videos: Path | None) -> "Search":
    """Open what is searched; raises PipelineError where that cannot be done."""
    from pipeline.core.runtime import device
    from pipeline.search.searcher import Searcher

    return Searcher.open(index, videos, device())


def _check(query: str | None, queries: str | None, out: str, forms: list[str]) -> None:
    """Raise BadParameter where the arguments do not go together."""
    if (query is None) == (queries is None):
        raise typer.BadParameter("give one sentence, in quotation marks, or a file of them with --queries")
    if len(forms) > 1:
        raise typer.BadParameter(f"choose one of {' and '.join(f'--{form}' for form in forms)}")
    if queries is None and out != STANDARD:
        raise typer.BadParameter("--out goes with --queries")
    if queries is not None and forms:
        raise typer.BadParameter(f"--{forms[0]} goes with one query; the answers to --queries are JSON lines")
    if queries not in (None, STANDARD) and Path(str(queries)).resolve() == Path(out).resolve():
        raise typer.BadParameter("--out would replace the file of --queries")
