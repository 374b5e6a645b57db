"""The two text stages run in a workspace: files, metrics, and the same tokenizer for queries and subtitles."""

import shutil
from pathlib import Path

import pytest

from pipeline.features.hdf5 import FeatureFile
from pipeline.files import read_json
from pipeline.manifest import Query, Sentence, Subtitles, Video, write_queries, write_subtitles, write_videos
from pipeline.packs.description import write_pack
from stages import query_text, subtitle_text


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    shutil.copy(Path(__file__).parents[2] / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    write_pack("outputs/manifest/pack.json", None)
    write_videos("outputs/manifest/videos.jsonl", [Video("v1", "v1.mp4", "0" * 64, 4.0, ("train",))])
    write_queries("outputs/manifest/queries.jsonl", [Query("v1#0", "v1", "a red disc moves up", "train")])
    sentences = (Sentence("Look, a red disc!", 0.0, 1.4),)
    write_subtitles("outputs/manifest/subtitles.jsonl", [Subtitles("v1", sentences)])


def test_stages_write_features_and_metrics(workspace, capsys):
    query_text.main()
    subtitle_text.main()
    queries, subtitles = read_json("outputs/features/query.json"), read_json("outputs/features/subtitle.json")
    assert (queries["queries"], queries["computed"], queries["failures"]) == (1, 1, [])
    assert (subtitles["with_subtitles"], subtitles["computed"]) == (1, 1)
    with FeatureFile("outputs/features/query.h5") as query, FeatureFile("outputs/features/subtitle.h5") as subtitle:
        assert query.ids() == ["v1#0"] and subtitle.ids() == ["v1"]
        assert query.recipe["tokenizer_sha256"] == subtitle.recipe["tokenizer_sha256"]
        assert subtitle["v1"].shape == (3, query["v1#0"].shape[1])
    errors = capsys.readouterr().err
    assert "query_text: 1 queries" in errors and "subtitle_text: 1 of 1 videos" in errors


def test_second_run_of_the_stages_computes_nothing(workspace):
    for stage, name in ((query_text, "query"), (subtitle_text, "subtitle")):
        stage.main()
        before = Path(f"outputs/features/{name}.h5").read_bytes()
        stage.main()
        assert read_json(f"outputs/features/{name}.json")["computed"] == 0
        assert Path(f"outputs/features/{name}.h5").read_bytes() == before
