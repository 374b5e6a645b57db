"""Stage train for a model that needs no training: with queries it is ranked once, without any it is written."""

from pathlib import Path

import pytest
from helpers.workspace import SIZE, change, train

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json
from pipeline.core.manifest import read_queries, read_videos, write_queries
from pipeline.feature_io.hdf5 import ROW_SIZE, write_features
from pipeline.models.common import checkpoint

QUERIES = Path("outputs/manifest/queries.jsonl")


@pytest.fixture
def zero_shot(workspace) -> None:
    change(model="zero_shot")


def no_queries() -> None:
    write_queries(QUERIES, [])
    write_features("outputs/features/query.h5", [], {"weights": "random", "max_tokens": 30}, {ROW_SIZE: SIZE})


def test_with_queries_it_is_ranked_once_and_no_clip_is_cut_off(zero_shot):
    train()
    model, config = checkpoint.load("outputs/model")
    assert config["recipe"]["clips"] == model.recipe.frames == 9  # the rows of a video
    numbers = read_json("outputs/model/training.json")
    assert [record["epoch"] for record in numbers["history"]] == [0]
    assert numbers["best_sumr"] > 300 and numbers["train_cut_videos"] == numbers["parameters"] == 0


def test_rows_are_compared_as_they_are_whatever_the_normalisation(zero_shot):
    found = []
    for normalize in ("none", "standard", "stream"):
        change(features={"normalize": normalize})
        train()
        found.append(Path("outputs/model/model.safetensors").read_bytes())
    assert len(set(found)) == 1


@pytest.mark.parametrize("left", [(), ("train",), ("train", "test"), ("val", "test")])
def test_without_queries_to_rank_with_it_is_written_as_it_is(zero_shot, left, capsys):
    train()
    before = Path("outputs/model/model.safetensors").read_bytes()
    kept = [query for query in read_queries(QUERIES) if query.split in left]
    no_queries()
    write_queries(QUERIES, kept)
    train()
    assert "zero_shot needs no training" in capsys.readouterr().err
    assert Path("outputs/model/model.safetensors").read_bytes() == before
    assert read_json("outputs/model/training.json") == {"parameters": 0, "seconds": 0.0}
    config = read_json("outputs/model/config.json")
    assert (config["video_size"], config["query_size"], config["recipe"]["clips"]) == (SIZE, SIZE, 9)
    assert config["random_weights"] == ["resnet", "query"]
    curves = list(Path("outputs/training/plots/metrics").rglob("*.tsv"))
    assert len(curves) == 4 and all(len(curve.read_text().splitlines()) == 1 for curve in curves)


def test_no_video_with_features_is_named(zero_shot):
    no_queries()
    write_features("outputs/features/resnet.h5", [], {"weights": "random"})
    assert read_videos("outputs/manifest/videos.jsonl")
    with pytest.raises(PipelineError, match="no video has features"):
        train()


def test_a_model_that_learns_needs_queries(workspace):
    no_queries()
    with pytest.raises(PipelineError, match="no query of the train split has features"):
        train()
