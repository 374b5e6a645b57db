"""The sub-command `amdnet check`, which looks at a folder before the pipeline does. Test: tests/tools/test_check.py."""

from pathlib import Path
from typing import Annotated

import typer

from tools.status import DIFFERENT


def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of videos, annotations and subtitles.")],
    dataset: Annotated[
        str | None, typer.Option(help="Which data set it is, where it is not videos of your own.", show_default=False)
    ] = None,
) -> None:
    """Say in seconds what is wrong with a folder, and what it will take.

    No file is read through: of a video its header is read, in a process that may crash or hang. The exit status is 3
    where something in the folder cannot be used.
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
    if found.problems:
        typer.echo(f"Problems: {len(found.problems)}")
        for line in told.told_problems(found.problems):
            typer.echo(line)
        raise typer.Exit(DIFFERENT)
    typer.echo("No problem was found.")
