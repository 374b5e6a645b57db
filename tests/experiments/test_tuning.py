"""experiments/tuning.py: as many settings for each model, all valid and different; stopped, it goes on where it was."""

import json
import sys
from pathlib import Path

import pytest

from experiments import tuning
from experiments.settings import changed, read_settings, write_settings
from pipeline.settings.check import check_settings

ROOT = Path(__file__).resolve().parents[2]
SMALL = """
every: {recipe: {}, normalized: {features.normalize: standard}}
amdnet: {wide: {hidden: 32}}
gmmformer: {wide: {hidden: 32}}
ms_sl: {}
"""


@pytest.mark.parametrize("model", tuning.models())
def test_each_setting_of_a_model_is_valid_and_differs_from_the_others(model, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    project, found = read_settings(), []
    for name, changes in tuning.settings(model).items():
        made = changed(project, changes)
        write_settings(made, tmp_path / name)
        check_settings(tmp_path / name / "params.yaml", tmp_path / name / "recipes")
        assert made["params.yaml"]["model"] == model and made not in found
        found.append(made)
    assert len(found) == len(tuning.settings("amdnet"))


def test_a_stopped_run_makes_only_what_is_missing_and_shows_all(workspace, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tuning, "DATASET", "sample")
    monkeypatch.setattr(tuning, "SETTINGS", tmp_path / "settings.yaml")
    tuning.SETTINGS.write_text(SMALL)
    results = tmp_path / "results.jsonl"
    results.write_text('{"model": "amdnet", "setting": "recipe", "changes": {}, "sumr": [100.0, 101.0]}\n')
    monkeypatch.setattr(sys, "argv", ["tuning", "--results", str(results), "--model", "amdnet"])
    tuning.main()
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    assert [line["setting"] for line in lines] == ["recipe", "normalized", "wide"]
    changes = {key.rpartition(".")[2]: value for key, value in lines[2]["changes"].items()}
    assert changes == {"dataset": "sample", "model": "amdnet", "hidden": 32}
    assert len(lines[2]["sumr"]) == 2
    capsys.readouterr()
    tuning.main()
    assert len(results.read_text().splitlines()) == 3
    shown = capsys.readouterr().out.splitlines()
    assert shown[2] == "| recipe | 100.5 |  |  |" and len(shown) == 5
