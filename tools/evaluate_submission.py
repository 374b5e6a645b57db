"""The sub-command `amdnet evaluate-submission`, which scores a submission file of TVR.

Test: tests/tools/test_evaluate_submission.py.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer


def evaluate_submission(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    annotations: Annotated[Path, typer.Option(help="JSON lines as TVR has them.", show_default=False)],
    nms: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="IoU above which a span is dropped that repeats a better one of its video."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as JSON, as TVR's evaluator does.")
    ] = False,
) -> None:
    """Score a submission file of TVR (.json or .json.gz) against annotations.

    Prints R@1, R@5, R@10 and R@100 in per cent of VR, SVMR and VCMR at IoU 0.5 and 0.7, for all queries and by their
    type, equal to those of TVR's evaluator. The rows of a list count in their order: the first 100, or of the first 200
    the first 100 that NMS keeps. Queries without an annotated span count in VR alone, and that is said. The exit status
    is 0, or 1 after an error.
    """
    from pipeline.core.errors import PipelineError
    from pipeline.evaluation.ground_truth import read_ground_truth
    from pipeline.evaluation.submission import read_submission
    from pipeline.evaluation.tvr_figures import after_nms, figures, not_scored, survivors

    truth = read_ground_truth(annotations)
    submission = read_submission(file, truth.query_ids, truth.video_ids)
    lists = submission.lists if nms is None else after_nms(submission.lists, nms)
    found = figures(lists, submission.labels, truth.annotated, truth.types)
    if not found:
        raise PipelineError(
            f"no query has an annotated span, and {file} has lists of {' and '.join(lists)} alone",
            where=annotations,
            fix="name annotations whose lines have `ts`, [start, end] in seconds, or put lists of `VR` into the "
            "submission, which need no spans",
        )
    unscored = not_scored(lists, truth.annotated, truth.types)
    kept = {} if nms is None else survivors(lists, truth.query_ids)
    if as_json:
        said = {**({"not_scored": unscored} if unscored else {}), **({} if nms is None else {"survivors": kept})}
        typer.echo(json.dumps({**found, **said}, indent=2))
        return
    for line in _table(found):
        typer.echo(line)
    typer.echo(f"{len(truth.query_ids)} queries, {len(truth.annotated.query)} of them with an annotated span")
    for task, reason in unscored.items():
        typer.echo(f"{task}: {reason}")
    for task, counts in kept.items():
        rows = counts.values()
        typer.echo(
            f"{task}: NMS keeps {sum(rows) / len(rows):.1f} rows a query, {min(rows)} at least and {max(rows)} at most"
        )


def _table(found: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a table: a row for each task, IoU and type, a column for each cutoff."""
    rows: dict[tuple[str, str, str], dict[str, float]] = {}
    for name, numbers in found.items():
        task, _, by_type = name.partition("_")
        for key, value in numbers.items():
            if key != "desc_type_ratio":
                *parts, cutoff = key.split("-")
                kind = parts.pop(0) if by_type else "all"
                rows.setdefault((task, "".join(parts), kind), {})[f"R@{cutoff[1:]}"] = value
    cutoffs = list(next(iter(rows.values())))
    yield "task  IoU  queries" + "".join(f"{cutoff:>8}" for cutoff in cutoffs)
    for (task, threshold, kind), values in rows.items():
        yield f"{task:<6}{threshold:<5}{kind:<7}" + "".join(f"{values[cutoff]:8.2f}" for cutoff in cutoffs)
