"""Entry points of the DVC stages: each parses its own parameters, calls `pipeline`, and writes outs and metrics.

Before it works, each stage checks all of params.yaml and the recipes, since any of them may be run alone. What checks
them is no dep of a stage: it decides whether a stage works, and nothing of what it writes.
"""

import os
import signal
import sys
from pathlib import Path

from pipeline.core import quick_start
from pipeline.core.alone import work_alone
from pipeline.core.cli import reported
from pipeline.core.dying import die_with_dvc
from pipeline.core.recorded import check_inputs

# Read by OpenMP when torch is first imported: on shared cores spinning threads cost up to six times the wall time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _stopped(*_: object) -> None:
    os.write(2, b"\nStopped by Ctrl-C before the stage began.\n")
    os._exit(128 + signal.SIGINT)


if sys.argv[0] == "-m":  # while the modules of the stage are imported; then `pipeline.core.cli.run` answers
    quick_start.begin()
    signal.signal(signal.SIGINT, _stopped)
    die_with_dvc()
    with reported(stopped=""):
        work_alone()
        if Path("params.yaml").is_file():
            # Imported here, since it reads the schemas of all rooms, of which the other users of a stage need none.
            from pipeline.settings.check import check_settings
            from pipeline.settings.files import check_files

            check_settings()
            check_files()
        check_inputs()
