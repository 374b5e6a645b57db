"""What came out of a run, in a few lines, and whether more was refused on the way than is accepted.

Test: tests/report/test_headline.py.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.core.accepted import NAME, share_that_accepts
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json
from pipeline.report.tables import badges, tiles, verdict


def headline(outputs: Path) -> list[str]:
    """Return the lines: the numbers of the run, what limits them, and how much was left out."""
    details = read_json(outputs / "evaluation" / "details.json")
    config = read_json(outputs / "model" / "config.json")
    prepare = read_json(outputs / "manifest" / "prepare.json")
    name = f"{details['model']} on {prepare['dataset']}"
    if split := details["reported_split"]:
        found = details["splits"][split]
        numbers = ", ".join(f"{tile['name']} {tile['value']:.1f} ({tile['beside']})" for tile in tiles(found))
        lines = [f"{name}, {split} split: {numbers}; {verdict(found)}"]
    else:
        metrics = read_json(outputs / "evaluation" / "metrics.json")
        lines = [f"{name}: {metrics['videos']:,} videos, {metrics['hours']:.1f} hours, can be searched"]
    lines += [f"  {badge['text']}" for badge in badges(details, config, prepare) if badge["kind"] == "warning"]
    lines += [
        f"  {failed:,} of {total:,} {what} were left out" for what, failed, total, _ in _refused(outputs) if failed
    ]
    return lines


def check_accepted(outputs: Path, allowed: float) -> None:
    """Raise PipelineError where a finished stage left out more than the `allowed` share, as where that was lowered."""
    for what, failed, total, file in _refused(outputs):
        if failed > allowed * total:
            raise PipelineError(
                f"{failed} of {total} {what} were left out, more than `{NAME}: {allowed:g}` accepts; the results stand "
                "without them",
                where=file,
                fix=f"set {NAME} to {share_that_accepts(failed, total):g} in params.yaml, or mend what the file names, "
                "let its stage try again with `dvc repro --force --single-item STAGE`, and run `dvc repro`",
            )


def _refused(outputs: Path) -> Iterator[tuple[str, int, int, Path]]:
    """Yield of each stage that may refuse something what that is, how many, of how many, and the file that says it."""
    file = outputs / "manifest" / "prepare.json"
    prepare = read_json(file)
    counts = prepare["refused_counts"]
    yield "videos", counts["video"], prepare["videos"] + counts["video"], file
    with_video = counts["query_of_refused_video"]
    yield "queries", counts["query"], prepare["queries"] + counts["query"] + with_video, file
    for file in sorted((outputs / "features").glob("*.json")):
        numbers = read_json(file)
        if "decoded" in numbers:
            failed = numbers["failed"]
            yield f"videos of {file.stem}", failed, numbers["videos"] + failed, file
