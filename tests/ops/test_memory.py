"""Memory that is kept is not fetched from the system again."""

import os
import subprocess
import sys

import pytest

COUNT = """
import resource
from pipeline.ops.memory import keep_memory
keep_memory()
for _ in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = b"x" * (64 << 20)
    del block
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="an option of glibc")
@pytest.mark.parametrize("switch", ["1", "0"])
def test_memory_that_is_kept_is_not_cleared_by_the_system_again(switch):
    environment = {**os.environ, "AMDNET_FAST_CPU": switch}
    process = subprocess.run([sys.executable, "-c", COUNT], check=True, capture_output=True, text=True, env=environment)
    faults = int(process.stdout)
    assert faults < 100 if switch == "1" else faults > 10000
