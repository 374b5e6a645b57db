"""How a stage's `main` is run: what the user must mend is printed in a few lines, without a traceback."""

import sys
from collections.abc import Callable

from pipeline.errors import PipelineError


def run(main: Callable[[], None]) -> None:
    """Call `main`; on PipelineError print it to stderr and exit with 1."""
    try:
        main()
    except PipelineError as error:
        print(f"\nERROR: {error}", file=sys.stderr)
        sys.exit(1)
