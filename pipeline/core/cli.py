"""Runs a stage or a command: what the user must mend is printed in a few lines, without a traceback.

Test: tests/core/test_cli.py.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator

from pipeline.core import quick_start
from pipeline.core.errors import PipelineError
from pipeline.core.progress import left_off
from pipeline.core.stage_log import keep_log

INTERRUPTED = 128 + signal.SIGINT
"""The exit status of a stage or a command that Ctrl-C ended, as shells have it."""


def run(main: Callable[[], object]) -> None:
    """Call the `main` of a stage; on PipelineError print it to stderr and exit with 1.

    The start of the stage ends here; see `quick_start`. What is printed is kept in the stage's log. The first Ctrl-C
    lets what is being written come to an end, says in one line what is done and how to go on, and exits with
    `INTERRUPTED`; a second one ends the process at once.
    """
    handle_interrupts()
    quick_start.end()
    if spec := sys.modules["__main__"].__spec__:
        keep_log(spec.name.rpartition(".")[2])
    with reported(stopped="What was finished is kept; the same command goes on from there."):
        main()


def handle_interrupts() -> None:
    """Make the first Ctrl-C raise KeyboardInterrupt and a second one end the process.

    This also holds where Python was started in a way that ignores Ctrl-C.
    """
    signal.signal(signal.SIGINT, _interrupt)


@contextlib.contextmanager
def reported(stopped: str) -> Iterator[None]:
    """Turn a PipelineError, and Ctrl-C, within the block into a message on stderr and the end of the process.

    The exit status is 1 for an error and `INTERRUPTED` for Ctrl-C; stopped: what the message says after Ctrl-C.
    """
    try:
        yield
    except PipelineError as error:
        print(f"\nERROR: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        where = left_off()
        print(f"\nStopped by Ctrl-C{f'; {where}' if where else ''}. {stopped}", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    raise KeyboardInterrupt
