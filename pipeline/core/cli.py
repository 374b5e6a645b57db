"""How a stage's `main` is run: what the user must mend is printed in a few lines, without a traceback.

Test: tests/core/test_cli.py.
"""

import os
import signal
import sys
from collections.abc import Callable

from pipeline.core.errors import PipelineError

INTERRUPTED = 128 + signal.SIGINT
"""The exit status of a stage that Ctrl-C ended, as shells have it."""


def run(main: Callable[[], None]) -> None:
    """Call `main`; on PipelineError print it to stderr and exit with 1.

    The first Ctrl-C lets what is being written come to an end, says so in one line and exits with `INTERRUPTED`; a
    second one ends the process at once.
    """
    signal.signal(signal.SIGINT, _interrupt)
    try:
        main()
    except PipelineError as error:
        print(f"\nERROR: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped by Ctrl-C. What was finished is kept; the same command goes on from there.", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    raise KeyboardInterrupt
