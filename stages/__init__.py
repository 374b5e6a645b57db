"""Entry points of the DVC stages: each parses its own parameters, calls `pipeline`, and writes outs and metrics."""

import os

# Read by OpenMP when torch is first imported: on shared cores spinning threads cost up to six times the wall time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
