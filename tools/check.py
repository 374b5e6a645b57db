"""The sub-command `amdnet check`, which looks at a folder before the pipeline does. Test: tests/tools/test_check.py."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tools.status import DIFFERENT

if TYPE_CHECKING:
    from pipeline.scan.check import Checked


def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of videos, annotations and subtitles.")],
    dataset: Annotated[
        str | None, typer.Option(help="Which data set it is, where it is not videos of your own.", show_default=False)
    ] = None,
    write_queries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a corrected copy of the queries, .jsonl or .csv.", show_default=False),
    ] = None,
) -> None:
    """Say in seconds what is wrong with a folder, and what it will take.

    No file is read through: of a video its header is read, in a process that may crash or hang. The exit status is 3
    where something in the folder cannot be used. Of a corrected copy of the queries the changes are listed.
    """
    from pipeline.annotations.common.formats import files_of_others
    from pipeline.annotations.common.listed import VIDEO
    from pipeline.core.params import TOP_LEVEL, checked, load
    from pipeline.scan import check, told
    from pipeline.scan.source import source_folder
    from pipeline.settings import forecast

    dataset = checked(dataset or check.own_videos(), TOP_LEVEL["dataset"], "dataset", "--dataset")
    source = source_folder(str(folder))
    found = check.check(source, dataset)
    for line in told.told(source, dataset, found):
        typer.echo(line)
    lengths = [one.seconds for one in found.of(VIDEO) if one.seconds is not None]
    if lengths:
        typer.echo("Extracting takes, as far as is known:")
        expected = forecast.forecasts(lengths, load("clip_seconds").clip_seconds, Path("outputs/features"))
        for line in forecast.told_forecasts(expected, forecast.free_bytes()):
            typer.echo(line)
    if (found.no_queries or not found.assembled) and (hint := files_of_others(source)):
        typer.echo(f"Note: {hint}.")
    corrections = found.annotations.corrections if found.annotations else []
    for line in told.told_corrections(corrections):
        typer.echo(line)
    if found.problems:
        typer.echo(f"Problems: {len(found.problems)}")
        for line in told.told_problems(found.problems):
            typer.echo(line)
    if write_queries:
        _write(found, write_queries)
    elif corrections and dataset == check.own_videos():
        typer.echo(f"A copy with these corrections: amdnet check {shlex.quote(str(folder))} --write-queries FILE.jsonl")
    if found.problems:
        raise typer.Exit(DIFFERENT)
    typer.echo("No problem was found.")


def _write(found: "Checked", path: Path) -> None:
    """Write the corrected copy, and say what was changed in it."""
    from pipeline.annotations.common.corrected import write_copy
    from pipeline.core.errors import PipelineError
    from pipeline.scan.told import told_correction

    if found.annotations is None or found.annotations.no_queries or found.annotations.ids_by_path is None:
        cause = "no copy was written: there are no queries of your own videos that could be read"
        raise PipelineError(cause, where=path, fix="mend what stops them from being read first")
    copied = write_copy(found.annotations, path)
    places = len({one.where for one in copied.changed})
    typer.echo(f"{path}: written, {copied.rows} queries, {places} of them changed; check it again before you use it")
    for one in copied.changed:
        typer.echo(f"  {told_correction(one)}")
    for left in copied.left_out:
        typer.echo(f"  {left.where} is not in it: {left.cause}")
