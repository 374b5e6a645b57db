"""Whether a run learns from queries, and its localizer from spans, is told from one stage to the next."""

import pytest
import yaml
from helpers.project import ROOT

from pipeline.core.learning import LOCALIZER, PATH, read_learns, read_learns_from_spans, write_learns


@pytest.mark.parametrize(("run", "localizer"), [(True, True), (True, False), (False, False)])
def test_what_was_written_is_read(tmp_path, monkeypatch, run, localizer):
    monkeypatch.chdir(tmp_path)
    write_learns(run, from_spans=localizer)
    assert (read_learns(), read_learns_from_spans()) == (run, localizer)


def test_another_localizer_makes_no_stage_stale():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert str(LOCALIZER) in stages["scan"]["outs"]
    assert [name for name, stage in stages.items() if str(PATH) in stage["deps"]] == ["prepare"]
    assert not [name for name, stage in stages.items() if str(LOCALIZER) in stage["deps"]]
