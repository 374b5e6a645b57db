"""What was refused, told to the user: on stderr always, as an error where it is more than the parameters allow.

Test: tests/annotations/test_prepare.py.
"""

import math
import sys
from pathlib import Path

from pipeline.annotations.assemble import Assembled
from pipeline.annotations.records import Annotations
from pipeline.errors import PipelineError

SHOWN = 20


def report(annotations: Annotations, assembled: Assembled) -> None:
    """Print which files are not there, how many things were refused, and the first of them, to stderr."""
    if annotations.absent:
        print(f"Not in {annotations.source}, so not read: {', '.join(annotations.absent)}", file=sys.stderr)
    refused = [*assembled.refused, *assembled.with_video]
    if refused:
        print(f"Left out of {annotations.source}: {len(refused)}", file=sys.stderr)
        for one in refused[:SHOWN]:
            print(f"  {one.where}: {one.what} {one.id}: {one.cause}", file=sys.stderr)
        if len(refused) > SHOWN:
            print(f"  and {len(refused) - SHOWN} more", file=sys.stderr)


def check_enough_is_left(assembled: Assembled, allowed: float, source: Path) -> None:
    """Raise PipelineError where more than the `allowed` share of videos or queries was refused, or nothing is left."""
    for what, plural in (("video", "videos"), ("query", "queries")):
        failed, total = assembled.failed_share(what)
        if failed > allowed * total:
            first = "".join(f"\n  {r.where}: {r.cause}" for r in [r for r in assembled.refused if r.what == what][:3])
            enough = math.ceil(1000 * failed / total) / 1000
            raise PipelineError(
                f"{failed} of {total} {plural} cannot be used; the share that may fail is {allowed:g}:{first}",
                where=source,
                fix=f"mend them, or go on without them: set prepare.max_failed_fraction to {enough:g} in params.yaml",
            )
    if not assembled.queries:
        raise PipelineError("no query is left", where=source, fix="add queries, or mend those that were left out")
