"""The command `amdnet`, for work beside the stages of the pipeline. `amdnet --help` lists its sub-commands.

A sub-command is a function in a module of this folder, which is imported and added below. typer takes the arguments
from the function's signature, and the help text from its docstring. The function itself imports what it works with, so
that `amdnet --help` does not wait for it. Test: tests/tools/test_command.py.
"""

from typing import Any

import typer
from typer.core import TyperGroup

from pipeline.core.cli import handle_interrupts, reported
from tools.check import check
from tools.check_weights import check_weights
from tools.compare import compare
from tools.compare_runs import compare_runs
from tools.evaluate_submission import evaluate_submission
from tools.import_checkpoint import import_checkpoint
from tools.parameters import parameters
from tools.parity import parity
from tools.repair import repair
from tools.search import search
from tools.serve import serve


class Reporting(TyperGroup):
    """A group of commands that reports errors and Ctrl-C as the stages do."""

    def invoke(self, ctx: Any) -> Any:
        """Run the sub-command that the command line names; see `pipeline.core.cli.reported` for how it may end."""
        with reported(stopped="No file was left half written."):
            return super().invoke(ctx)


app = typer.Typer(
    name="amdnet",
    cls=Reporting,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def amdnet() -> None:
    """Tools beside the stages of the pipeline, which `dvc repro` runs."""


app.command("check")(check)
app.command("check-weights")(check_weights)
app.command("search")(search)
app.command("compare")(compare)
app.command("compare-runs")(compare_runs)
app.command("parity")(parity)
app.command("evaluate-submission")(evaluate_submission)
app.command("import-checkpoint")(import_checkpoint)
app.command("parameters")(parameters)
app.command("serve")(serve)
app.command("repair")(repair)


def main() -> None:
    """Run `amdnet` with the arguments of the command line."""
    handle_interrupts()
    app()


if __name__ == "__main__":
    main()
