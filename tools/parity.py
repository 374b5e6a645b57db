"""The sub-command `amdnet parity`, which compares a model with its authors' code. Test: tests/tools/test_parity.py."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tools.status import DIFFERENT


def parity(fixture: Annotated[Path, typer.Argument(metavar="FIXTURE.npz", show_default=False)]) -> None:
    """Compare a model with its authors' code.

    The fixture holds the authors' weights, some inputs, and the results of the authors' code for them. The command
    computes the same results with our model and prints the relative error of each, as JSON. The exit status is 0 where
    all are within the tolerances of docs/parity.md, 3 where some are not, and 1 after an error.
    """
    from tools.authors.parity import errors, tolerance

    found = errors(fixture)
    typer.echo(json.dumps(found, indent=2))
    if any(error > tolerance(name) for name, error in found.items()):
        raise typer.Exit(DIFFERENT)
