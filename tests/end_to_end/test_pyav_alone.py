"""The whole pipeline and the search page with `decode.order: [pyav]`, on a machine whose decord cannot be loaded."""

import json
import os
import subprocess
import sys
from urllib.parse import urlencode

from helpers.project import TINY, TINY_RECIPE, Project
from helpers.web import ask

from pipeline.feature_io.hdf5 import FeatureFile

STREAMS = ["slowfast", "resnet", "clip"]


def test_nothing_loads_decord_and_pyav_reads_all(tmp_path):
    tried, stub = tmp_path / "tried", tmp_path / "stub"
    stub.mkdir()
    (stub / "decord.py").write_text(f"open({str(tried)!r}, 'w').close()\nraise ImportError\n")
    changes = {**TINY, "decode": {"order": ["pyav"]}, "features": {"streams": STREAMS}}
    project = Project(tmp_path / "project", changes, TINY_RECIPE)
    ran = project.repro(PYTHONPATH=str(stub), AMDNET_EXECUTOR="process", AMDNET_WORKERS="2", AMDNET_DEVICE="cpu")
    assert {"prepare", *STREAMS, "report"} <= set(ran) and not tried.exists()
    assert "data:image" in project.path("outputs/report.html").read_text(encoding="utf-8")
    for stream in STREAMS:
        assert json.loads(project.path(f"outputs/features/{stream}.json").read_text())["decoders"]["decord"] == 0
        with FeatureFile(project.path(f"outputs/features/{stream}.h5")) as file:
            assert "decord" not in file.provenance["libraries"]
            # Scaling for CLIP is PyAV's whatever the order, which is therefore no part of its key.
            assert stream == "clip" or file.provenance["decoder"] == "pyav"
    serve = subprocess.Popen(
        [sys.executable, "-m", "tools.command", "serve", "--port", "0"],
        cwd=project.folder, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": f"{stub}{os.pathsep}{project.folder}", "AMDNET_DEVICE": "cpu"},
    )  # fmt: skip
    try:
        port = int(serve.stdout.readline().partition("127.0.0.1:")[2].partition("/")[0])
        best = ask(port, "/api/search?q=a+red+square").json["hits"][0]
        poster = ask(port, f"/api/poster?{urlencode({'id': best['id'], 't': 0.5, 'w': 160})}")
        assert poster.status == 200 and poster.body.startswith(b"\xff\xd8")
    finally:
        serve.kill()
        serve.communicate()
    assert not tried.exists()
