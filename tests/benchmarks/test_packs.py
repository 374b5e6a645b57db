"""The pack that benchmarks/packs.py writes is one that the stages import whole, and each is measured."""

import re
import sys
from pathlib import Path

from benchmarks import packs


def test_every_stage_imports_what_was_written_and_is_measured(monkeypatch, capfd):
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    monkeypatch.setattr(sys, "argv", ["packs", "--videos", "20"])
    packs.main()
    shown = capfd.readouterr()
    assert re.findall(r"(\w+): \d+ s, at most \d+ MiB", shown.out) == list(packs.STAGES)
    assert "20 videos imported" in shown.err and "0 of 100 queries cut" in shown.err
