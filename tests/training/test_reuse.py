"""Stage train with a reused model: it copies what fits, refuses what does not, and trains nothing."""

from pathlib import Path

import numpy as np
import pytest
from helpers.reused import move_away, reuse
from helpers.workspace import change, choose_recipe, train

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.models.common import checkpoint
from stages import train as stage

FEATURES = Path("outputs/features")


@pytest.fixture
def trained(workspace) -> Path:
    """What training has written, where another project would have it."""
    train()
    return move_away()


def test_the_model_is_taken_over_with_its_own_recipe(trained):
    reuse(trained)
    write_features(FEATURES / "query.h5", [], {"weights": "sha256:0", "max_tokens": 30})  # there are no queries
    change(dataset="folder", protocol="published", train={"seed": 5})
    choose_recipe()
    stage.main()
    config, there = read_json("outputs/model/config.json"), read_json(trained / "config.json")
    assert Path("outputs/model/model.safetensors").read_bytes() == (trained / "model.safetensors").read_bytes()
    assert config.pop("reused") == {"path": str(trained), "dataset": "sample", "protocol": "honest"}
    assert config == {**there, "dataset": "folder", "protocol": "published"}
    model, _ = checkpoint.load("outputs/model")
    parameters = sum(parameter.numel() for parameter in model.parameters())
    assert read_json("outputs/model/training.json") == {"parameters": parameters, "seconds": 0.0}
    curves = list(Path("outputs/training/plots/metrics").rglob("*.tsv"))
    assert len(curves) == 4 and all(len(curve.read_text().splitlines()) == 1 for curve in curves)


def test_where_it_was_first_trained_is_not_forgotten(trained):
    reuse(trained)
    change(dataset="folder")
    choose_recipe()
    stage.main()
    again = Path("again").resolve()
    Path("outputs/model").rename(again)
    reuse(again)
    stage.main()
    assert read_json("outputs/model/config.json")["reused"] == {
        "path": str(again),
        "dataset": "sample",
        "protocol": "honest",
    }


def test_other_features_are_refused_with_all_that_differs(trained):
    reuse(trained)
    rows = np.zeros((4, 12))
    write_features(FEATURES / "resnet.h5", [Item("v00", rows, {})], {"weights": "sha256:1"})
    change(features={"normalize": "joint"})
    with pytest.raises(PipelineError) as caught:
        stage.main()
    for difference in (
        "resnet.weights: sha256:1 here, random (seed 0) there",
        "features.normalize: joint here, stream there",
        "video_size: 12 here, 16 there",
    ):
        assert difference in str(caught.value)
    assert not Path("outputs/model").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_damaged_files_are_named_with_what_to_do(trained, name):
    reuse(trained)
    content = (trained / name).read_bytes()
    config = read_json(trained / "config.json")
    write_json(trained / "config.json", {**config, "recipe": {}}) if name == "config.json" else (
        trained / name
    ).write_bytes(content[:100])
    with pytest.raises(PipelineError) as caught:
        stage.main()
    assert str(trained / name) in str(caught.value) and "copy the whole folder anew" in caught.value.fix


def test_a_reused_model_that_cuts_no_clip_off_has_room_for_longer_videos(workspace):
    change(model="zero_shot")
    train()
    reuse(move_away())
    rows = np.ones((14, 16))
    write_features(FEATURES / "resnet.h5", [Item("v00", rows, {})], {"weights": "random (seed 0)"})
    stage.main()
    model, config = checkpoint.load("outputs/model")
    assert config["recipe"]["clips"] == model.recipe.clips == 14
