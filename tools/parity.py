"""`amdnet parity`: holds a model against numbers of its authors' code. Test: tests/tools/test_parity.py."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tools.status import DIFFERENT


def parity(fixture: Annotated[Path, typer.Argument(metavar="FIXTURE.npz", show_default=False)]) -> None:
    """Hold a model against its authors' code.

    The fixture holds the authors' weights, inputs and the results of their code. Prints the largest relative error of
    every result as JSON. Exit status: 0 all within the tolerances of docs/parity.md, 3 some not, 1 an error.
    """
    from tools.authors.parity import errors, tolerance

    found = errors(fixture)
    typer.echo(json.dumps(found, indent=2))
    if any(error > tolerance(name) for name, error in found.items()):
        raise typer.Exit(DIFFERENT)
