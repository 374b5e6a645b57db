"""The one parameter that says how much may be refused."""

import pytest
import yaml
from helpers.project import ROOT

from pipeline.core.accepted import NAME, accepted_share, share_that_accepts


def test_it_is_read_anew_every_time(tmp_path):
    path = tmp_path / "params.yaml"
    for share in (0.0, 0.25, 1):
        path.write_text(f"{NAME}: {share}\n")
        assert accepted_share(path) == share


@pytest.mark.parametrize(("failed", "total"), [(1, 3), (1, 20_000), (7, 7), (0, 5)])
def test_the_share_that_is_offered_accepts_as_many_and_is_allowed(failed, total, tmp_path):
    share = share_that_accepts(failed, total)
    assert failed <= share * total and share <= 1
    (tmp_path / "params.yaml").write_text(f"{NAME}: {share:g}\n")
    assert failed <= accepted_share(tmp_path / "params.yaml") * total


def test_a_change_of_it_makes_no_stage_stale():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert not [name for name, stage in stages.items() if NAME in stage.get("params", [])]
