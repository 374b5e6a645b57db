"""Stage evaluate with a reused model: how it answers comes with it, and without queries nothing is measured."""

from pathlib import Path

import pytest
from helpers.reused import reuse
from helpers.untrained import write_inputs

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, read_jsonl, write_json
from pipeline.core.manifest import read_videos, write_queries, write_videos
from pipeline.core.reused import Reused
from pipeline.evaluation.reused import unselected_search
from stages.evaluate import main

OUT = Path("outputs/evaluation")
SEARCH = {"window": 0.375, "threshold": {"chance": 0.01}}


@pytest.fixture
def reused(tmp_path, monkeypatch) -> Path:
    """Five videos, of which one has no features, and a model that came from `trained` with its search.json."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")
    write_inputs(("test",), answer="auto")
    videos = read_videos("outputs/manifest/videos.jsonl")
    write_videos("outputs/manifest/videos.jsonl", [*videos, videos[0].__class__("late", None, "", 3600.0, ("test",))])
    config = read_json("outputs/model/config.json")
    write_json("outputs/model/config.json", {**config, "reused": {"path": "trained", "dataset": "sample"}})
    write_json("trained/search.json", SEARCH)
    reuse(tmp_path / "trained")
    return tmp_path / "trained"


def test_without_queries_it_says_what_can_be_searched(reused):
    write_queries("outputs/manifest/queries.jsonl", [])
    main()
    assert read_json(OUT / "metrics.json") == {"videos": 5, "hours": round(60 / 3600, 3), "random weights": 2}
    assert read_json(OUT / "search.json") == SEARCH
    details = read_json(OUT / "details.json")
    assert (details["reported_split"], details["splits"], details["missing_videos"]) == (None, {}, ["late"])
    for kind in ("rankings", "moments", "boundaries"):
        for split in ("val", "test"):
            assert read_jsonl(OUT / f"{kind}_{split}.jsonl") == []
            assert (OUT / f"{kind}_{split}.jsonl").stat().st_size  # DVC warns of empty files


def test_queries_are_answered_as_where_the_model_was_trained(reused, capsys):
    main()
    details = read_json(OUT / "details.json")
    assert (details["reported_split"], details["selection_split"]) == ("test", None)
    assert (details["answer"]["chosen"], details["answer"]["width"]) == ("window", 0.375)
    assert read_json(OUT / "search.json") == SEARCH
    for row in read_jsonl(OUT / "rankings_test.jsonl"):
        best = row["ranking"][0]
        assert best["end"] - best["start"] <= 0.375 * 14 + 1e-6
    assert "windows of 0.375 of the video, as where the reused model was trained" in capsys.readouterr().err


def test_what_is_asked_for_goes_before_what_was_chosen(reused):
    found = reuse(reused)
    assert unselected_search(found, "model") == {**SEARCH, "window": None}
    assert unselected_search(found, "auto") == unselected_search(found, "window") == SEARCH
    assert unselected_search(Reused(str(reused), {}), "auto") == {"window": None, "threshold": None}
    with pytest.raises(PipelineError, match="no width of a window was chosen"):
        unselected_search(Reused(str(reused), {}), "window")
    write_json(reused / "search.json", {})
    with pytest.raises(PipelineError, match="search.json: it does not say how a search answers"):
        unselected_search(found, "auto")
