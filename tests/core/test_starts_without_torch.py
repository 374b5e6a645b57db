"""A stage loads torch, which takes longer than all else that it may do, only where it computes something."""

import subprocess
import sys

import pytest
from helpers.project import ROOT

WITHOUT = ("scan", "prepare", "slowfast", "resnet", "clip", "subtitle_text", "pack", "localize", "report", "finish")


@pytest.mark.parametrize("stage", WITHOUT)
def test_what_may_have_nothing_to_compute_begins_without_torch(stage):
    code = f"import sys, stages.{stage}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "False\n"
