"""The two text stages run in a workspace: files, metrics, and the same tokenizer for queries and subtitles."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.shipped import PARAMS

from pipeline.core.files import read_json
from pipeline.core.manifest import Query, Sentence, Subtitles, Video, write_queries, write_subtitles, write_videos
from pipeline.core.reused import write_reused
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.packs.description import write_pack
from pipeline.settings.streams import write_asked
from pipeline.text.saved import open_encoder
from stages import query_text, subtitle_text


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    shutil.copy(PARAMS, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    write_asked(["subtitle"], ["subtitle"])
    write_reused(None)
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
        assert query.provenance["tokenizer_sha256"] == subtitle.provenance["tokenizer_sha256"]
        assert subtitle["v1"].shape == (3, query["v1#0"].shape[1])
    errors = capsys.readouterr().err
    assert "query_text: 1 queries" in errors and "subtitle_text: 1 of 1 videos" in errors


@pytest.mark.parametrize(
    ("of_model", "of_localizer", "filled"),
    [
        (["subtitle"], [], ["subtitle"]),
        ([], ["subtitle"], ["localizer_subtitle"]),
        (["subtitle"], ["subtitle"], ["subtitle", "localizer_subtitle"]),
        ([], [], []),
    ],
)
def test_model_and_localizer_have_a_file_each_with_equal_rows(workspace, of_model, of_localizer, filled):
    subtitle_text.main()
    expected = Path("outputs/features/subtitle.h5").read_bytes()
    write_asked(of_model, of_localizer)
    subtitle_text.main()
    for name in ("subtitle", "localizer_subtitle"):
        assert ("unused" in read_json(f"outputs/features/{name}.json")) == (name not in filled)
        assert (Path(f"outputs/features/{name}.h5").read_bytes() == expected) == (name in filled)


def test_second_run_of_the_stages_computes_nothing(workspace):
    for stage, name in ((query_text, "query"), (subtitle_text, "subtitle")):
        stage.main()
        before = Path(f"outputs/features/{name}.h5").read_bytes()
        stage.main()
        assert read_json(f"outputs/features/{name}.json")["computed"] == 0
        assert Path(f"outputs/features/{name}.h5").read_bytes() == before


def test_queries_outside_the_training_split_are_not_learned_from(workspace, capsys):
    """A test query, whatever it says, changes neither tokenizer nor the features of others."""
    query_text.main()
    subtitle_text.main()
    before = {name: _features(f"outputs/features/{name}.h5") for name in ("query", "subtitle")}
    write_queries(
        "outputs/manifest/queries.jsonl",
        [
            Query("v1#0", "v1", "a red disc moves up", "train"),
            *(Query(f"v2#{k}", "v2", f"zebra giraffe {k}", split) for k, split in enumerate(("val", "test"))),
        ],
    )
    query_text.main()
    subtitle_text.main()
    assert (
        read_json("outputs/features/query.json")["reused"],
        read_json("outputs/features/subtitle.json")["reused"],
    ) == (1, 1)
    assert _features("outputs/features/query.h5")["v1#0"] == before["query"]["v1#0"]
    assert _features("outputs/features/subtitle.h5") == before["subtitle"]
    assert "query_text: 3 queries" in capsys.readouterr().err


def test_the_saved_encoder_gives_the_features_of_the_stage(workspace):
    query_text.main()
    with FeatureFile("outputs/features/query.h5") as features:
        rows = open_encoder("outputs/text_encoder", torch.device("cpu")).encode("a red disc moves up")
        assert np.array_equal(features["v1#0"], rows)


def test_a_further_training_query_leaves_the_features_of_others(workspace):
    texts = {f"v1#{k}": text for k, text in enumerate(("a red disc moves up", "a blue box moves down", "it stops"))}
    queries = [Query(query_id, "v1", text, "train") for query_id, text in texts.items()]
    write_queries("outputs/manifest/queries.jsonl", queries)
    query_text.main()
    before = _features("outputs/features/query.h5")
    write_queries("outputs/manifest/queries.jsonl", [*queries, Query("v1#9", "v1", "zebras run to giraffes", "train")])
    query_text.main()
    after = _features("outputs/features/query.h5")
    assert read_json("outputs/features/query.json")["reused"] == 3 and {q: after[q] for q in before} == before


def test_the_last_line_says_which_queries_are_cut_and_equal(workspace, capsys):
    long = "a red disc moves up " * 12
    texts = {"v1#0": f"{long} and stops", "v1#1": f"{long} and goes on", "v1#2": "a red disc moves up"}
    write_queries("outputs/manifest/queries.jsonl", [Query(q, "v1", text, "train") for q, text in texts.items()])
    query_text.main()
    line = capsys.readouterr().err.splitlines()[-1]
    numbers = read_json("outputs/features/query.json")
    assert f"2 of 3 queries cut to 30 token ids (query_text.max_tokens={numbers['max_tokens_advised']} keeps" in line
    assert "2 queries have the features of another one with other words: v1#0 = v1#1" in line


def _features(path) -> dict[str, bytes]:
    with FeatureFile(path) as features:
        return {id: features[id].tobytes() for id in features.ids()}
