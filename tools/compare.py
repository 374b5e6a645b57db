"""The sub-command `amdnet compare`, which compares two feature files. Test: tests/tools/test_compare.py."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tools.status import DIFFERENT

if TYPE_CHECKING:
    from pipeline.feature_io.compare import Comparison, Summary


def compare(
    first: Annotated[Path, typer.Argument(metavar="A.h5", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="B.h5", show_default=False)],
    cosine: Annotated[
        float, typer.Option(min=-1, max=1, help="Smallest cosine at which two rows are the same.")
    ] = 0.999,
    rows: Annotated[int, typer.Option(min=0, help="Rows by which the lengths of a video may differ.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines, the summary last.")] = False,
) -> None:
    """Compare two feature files, video by video.

    It tells, for example, whether features that you extracted are those that were published. Row i of a video in one
    file is compared with row i in the other, by their cosine, as far as both have rows. The exit status is 0 where the
    files are the same within the tolerances, 3 where they differ, and 1 after an error.
    """
    from pipeline.feature_io.compare import compare_files, summarize

    found = []
    for comparison in compare_files(first, second, cosine, rows):
        typer.echo(json.dumps(asdict(comparison)) if as_json else _line(comparison))
        found.append(comparison)
    summary = summarize(found)
    typer.echo(json.dumps(asdict(summary)) if as_json else _last_line(summary))
    if summary.verdict != "same":
        raise typer.Exit(DIFFERENT)


def _line(one: "Comparison") -> str:
    cosine = "" if one.mean_cosine is None else f"cosine mean {one.mean_cosine:.6f}, min {one.min_cosine:.6f}"
    stored = [
        "absent" if shape is None else f"{tuple(shape)} {dtype}"
        for shape, dtype in zip(one.shapes, one.dtypes, strict=True)
    ]
    rest = [f"not finite: {one.not_finite[0]} and {one.not_finite[1]} rows"] if any(one.not_finite) else []
    return "  ".join([one.id, stored[0], stored[1], *filter(None, [cosine]), *rest, one.verdict])


def _last_line(summary: "Summary") -> str:
    cosine = summary.mean_cosine
    compared = "" if cosine is None else f"; cosine mean {cosine:.6f}, min {summary.min_cosine:.6f}"
    return (
        f"{summary.verdict}: {summary.same} of {summary.ids} the same, {summary.only_in_A} only in A, "
        f"{summary.only_in_B} only in B, {summary.other_length} of another length, "
        f"{summary.not_finite} with values that are not finite{compared}"
    )
