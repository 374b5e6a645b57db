"""torchvision imports with any torch, and so does what builds on it."""

import subprocess
import sys

from pipeline.backbones.common import torchvision_fix

SCRIPT = """
from pipeline.backbones.common.torchvision_fix import import_torchvision
torchvision = import_torchvision()
assert import_torchvision() is torchvision
torchvision.models.resnet18
from torchvision.transforms import v2
from transformers import RobertaModel
"""


def test_a_fresh_interpreter_imports_torchvision_and_transformers():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nothing_is_defined_where_the_operators_exist(monkeypatch):
    torchvision_fix.import_torchvision()
    monkeypatch.setattr(torchvision_fix, "_fragment", None)
    torchvision_fix.import_torchvision()
    assert torchvision_fix._fragment is None
