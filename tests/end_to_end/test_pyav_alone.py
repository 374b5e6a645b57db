"""The whole pipeline with `decode.order: [pyav]`, on a machine whose decord cannot be loaded."""

import json

from helpers.project import TINY, TINY_RECIPE, Project

from pipeline.feature_io.hdf5 import FeatureFile


def test_no_stage_loads_decord_and_pyav_reads_all(tmp_path):
    tried, stub = tmp_path / "tried", tmp_path / "stub"
    stub.mkdir()
    (stub / "decord.py").write_text(f"open({str(tried)!r}, 'w').close()\nraise ImportError\n")
    project = Project(tmp_path / "project", {**TINY, "decode": {"order": ["pyav"]}}, TINY_RECIPE)
    ran = project.repro(PYTHONPATH=str(stub), AMDNET_EXECUTOR="process", AMDNET_WORKERS="2", AMDNET_DEVICE="cpu")
    assert {"prepare", "slowfast", "resnet", "report"} <= set(ran) and not tried.exists()
    for stream in ("slowfast", "resnet"):
        assert json.loads(project.path(f"outputs/features/{stream}.json").read_text())["decoders"]["decord"] == 0
        with FeatureFile(project.path(f"outputs/features/{stream}.h5")) as file:
            assert file.provenance["decoder"] == "pyav" and "decord" not in file.provenance["libraries"]
