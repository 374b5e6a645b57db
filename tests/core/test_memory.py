"""The kernel holds a process to its bound, and lets it go afterwards."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GROW = """
from pipeline.core.memory import growth_limited
with growth_limited(64 << 20):
    kept = bytearray(32 << 20)
    try:
        bytearray(64 << 20)
    except MemoryError:
        print("held")
bytearray(256 << 20)
print("let go")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels hold no process to this bound")
def test_what_exceeds_the_bound_cannot_be_allocated():
    done = subprocess.run([sys.executable, "-c", GROW], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["held", "let go", ""]
