"""The sub-command `amdnet check-weights`, which looks at published weights. Test: tests/tools/test_check_weights.py."""

from importlib import import_module
from typing import Annotated

import typer

from tools.status import DIFFERENT


def check_weights(
    backbones: Annotated[
        list[str] | None, typer.Argument(metavar="[BACKBONE]...", help="Which ones; all, if none is named.")
    ] = None,
) -> None:
    """Download the published weights, and say whether they are right, and read as they should be.

    Weights that are there already are not downloaded again. Of each backbone it looks at the hash, the tensors, known
    answers and the size of the features, and prints a line for each. `ok` stands only where something was compared with
    what is published; `unverified here` says that nothing was, or that nobody has confirmed what was expected. The exit
    status is 3 where something is not as it should be, else 1 where weights could not be had.
    """
    from pipeline.backbones.common.check import DIFFERENT as WRONG
    from pipeline.backbones.common.check import NOTHING_COMPARED, WeightsCheck, run_steps
    from pipeline.core.errors import PipelineError
    from pipeline.core.plugins import known, names, only_class

    there = names("backbones", "check")
    try:
        chosen = [known(name, there) for name in backbones or there]
    except ValueError as error:
        raise PipelineError(str(error), where=f"BACKBONE `{', '.join(backbones or [])}`") from None
    found = []
    for name in chosen:
        module = import_module(f"pipeline.backbones.{name}.check")
        check = only_class(module, WeightsCheck)()  # type: ignore[type-abstract]  # the class that is found is concrete
        typer.echo(f"{name}: {check.TITLE}")
        for step, finding in run_steps(check):
            typer.echo(f"  {step:12}  {finding.verdict:28}  {finding.text}")
            found.append(finding)
    wrong = sum(one.verdict in WRONG for one in found)
    unverified = sum(NOTHING_COMPARED in one.verdict for one in found)
    typer.echo(f"{len(found)} steps: {wrong} not as they should be, {unverified} unverified here")
    if wrong:
        raise typer.Exit(DIFFERENT)
    if any(one.ended for one in found):
        raise typer.Exit(1)
