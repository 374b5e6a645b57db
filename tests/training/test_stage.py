"""Stage train: its outs, what its configuration says, and the protocols."""

from pathlib import Path

import pytest
import torch
from helpers.recipes import SMALL, write_recipes
from helpers.to_localize import annotate
from helpers.workspace import change
from helpers.workspace import train as main

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json
from pipeline.feature_io.hdf5 import write_features
from pipeline.models.common import checkpoint


def test_outs_and_configuration(workspace):
    main()
    model, config = checkpoint.load("outputs/model")
    assert (config["model"], config["video_size"], config["query_size"], config["max_query_tokens"]) == (
        "amdnet", 16, 16, 30
    )  # fmt: skip
    assert config["random_weights"] == ["resnet"] and config["protocol"] == "honest"
    numbers = read_json("outputs/model/training.json")
    assert numbers["epochs_run"] == 3 and numbers["steps"] == 6
    assert numbers["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert (numbers["train_videos"], numbers["train_queries"], numbers["selection_videos"]) == (8, 24, 3)
    history = numbers.pop("history")
    assert [record["epoch"] for record in history] == [0, 1, 2, 3]
    assert numbers["start_sumr"] == history[0]["recall"]["SumR"] <= numbers["best_sumr"]
    assert set(history[1]["loss"]) == {"retrieval", "diversity", "relevance", "total"}
    assert all(isinstance(value, int | float) for value in numbers.values())


def test_protocol_and_control_run_change_what_they_name(workspace):
    main()
    honest = Path("outputs/model/model.safetensors").read_bytes()
    change(protocol="published")
    main()
    assert checkpoint.load("outputs/model")[1]["protocol"] == "published"
    change(protocol="honest", train={"shuffle_queries": True})
    main()
    assert checkpoint.load("outputs/model")[1]["shuffle_queries"] is True
    assert Path("outputs/model/model.safetensors").read_bytes() != honest


def test_the_sentence_form_trains(workspace):
    write_recipes(workspace, **SMALL, query_form="sentence")
    main()
    model, _ = checkpoint.load("outputs/model")
    assert model.encode_query(torch.ones(2, 1, 16), torch.ones(2, 1, dtype=torch.bool)).shape == (2, 16)


@pytest.mark.parametrize("model", ["gmmformer", "ms_sl"])
def test_the_other_models_train_with_no_other_change(workspace, model):
    change(model=model)
    main()
    loaded, config = checkpoint.load("outputs/model")
    assert config["model"] == model and loaded.recipe.frames == 128
    history = read_json("outputs/model/training.json")["history"]
    assert {"retrieval_clip", "triplet_clip", "retrieval_frame", "triplet_frame", "total"} <= set(history[1]["loss"])


def test_prem_trains_at_the_videos_own_pace(workspace):
    change(model="prem")
    main()
    loaded, config = checkpoint.load("outputs/model")
    assert config["model"] == "prem" and config["recipe"]["clips"] == loaded.recipe.frames == 9
    numbers = read_json("outputs/model/training.json")
    assert numbers["train_cut_videos"] == 0
    losses = numbers["history"][1]["loss"]
    assert list(losses) == ["strong", "weak", "video_to_query", "without_span", "past_the_last_clip", "total"]
    assert (losses["without_span"], losses["past_the_last_clip"]) == (1, 0)


def test_spans_that_are_cut_off_with_the_videos_are_not_counted_as_missing(workspace):
    annotate(("train",))
    write_recipes(workspace, **{**SMALL, "clips": 4})
    change(model="prem")
    main()
    numbers = read_json("outputs/model/training.json")
    losses = numbers["history"][1]["loss"]
    assert numbers["train_cut_videos"] == 8  # of three events in each, the last one begins after the fourth clip
    assert (losses["without_span"], losses["past_the_last_clip"]) == (0, pytest.approx(1 / 3))


def test_the_linear_baseline_is_solved_and_leaves_the_same_outs(workspace):
    change(model="cca")
    main()
    loaded, config = checkpoint.load("outputs/model")
    assert config["model"] == "cca" and loaded.query_map.weight.shape == (16, 16)
    numbers = read_json("outputs/model/training.json")
    assert numbers["epochs_run"] == numbers["steps"] == 3 and numbers["parameters"] == 2 * 16 * 17
    assert [record["epoch"] for record in numbers["history"]] == [1, 2, 3]
    assert {path.name for path in Path("outputs/training/plots/metrics").rglob("*.tsv")} == {
        "loss.tsv", "SumR.tsv", "R1.tsv", "learning_rate.tsv"
    }  # fmt: skip


def test_a_run_that_does_not_improve_on_its_start_says_so_and_keeps_it(workspace, capsys):
    write_recipes(workspace, **SMALL, learning_rate=0.5, warmup=0.0)  # everything learnt is lost
    main()
    numbers = read_json("outputs/model/training.json")
    assert numbers["best_epoch"] == 0 and numbers["best_sumr"] == numbers["start_sumr"]
    assert "ranks the selection split clearly better than the start" in capsys.readouterr().err.splitlines()[-1]
    curve = Path("outputs/training/plots/metrics/selection/SumR.tsv").read_text().splitlines()
    assert curve[1] == f"0\t{numbers['start_sumr']}" and len(curve) == 5
    change(model="cca")
    main()
    assert "start" not in capsys.readouterr().err and "start_sumr" not in read_json("outputs/model/training.json")


def test_features_that_are_not_there_are_an_error(workspace):
    write_features("outputs/features/resnet.h5", [], {"weights": "random (seed 0)"})
    with pytest.raises(PipelineError, match="no video of the train split"):
        main()
