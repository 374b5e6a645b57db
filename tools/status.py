"""The exit statuses of `amdnet`, besides 0 for success, 1 for an error and 2 for a wrong command line."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pipeline.core.errors import PipelineError

DIFFERENT = 3
"""The command did its work and found a difference."""

NOTHING_FOUND = 1
"""The search did its work and found nothing; its errors have the status of a wrong command line, as grep's have."""

SEARCH_FAILED = 2


@contextmanager
def errors_exit_with(status: int) -> Iterator[None]:
    """Report any error within the block as `pipeline.core.cli.reported` would, but exit with this status."""
    try:
        yield
    except (typer.Exit, typer.BadParameter, BrokenPipeError):
        raise
    except PipelineError as error:
        typer.echo(f"\nERROR: {error}", err=True)
        raise typer.Exit(status) from None
    except Exception:
        traceback.print_exc()
        raise typer.Exit(status) from None
