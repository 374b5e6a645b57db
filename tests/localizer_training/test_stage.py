"""Stage localize: what it trains on top of every retriever, what it writes, and what it refuses."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from helpers.localizers import small_recipe
from helpers.to_localize import annotate, choose, enter_localizer_workspace
from helpers.workspace import change, train
from safetensors.torch import load_file

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.core.manifest import read_videos
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.localizer_training import show
from pipeline.localizers.common import trained
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common import checkpoint
from pipeline.models.common.recipe_file import MODELS
from pipeline.settings.streams import write_asked
from stages import localize as stage

FEATURES, OUT, SPOKEN = Path("outputs/features"), Path("outputs/localizer"), 5
CURVES = [
    Path("outputs/localization/plots/metrics") / name
    for name in ("train/loss.tsv", "selection/SVMR.tsv", "selection/VCMR.tsv")
]


def written() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (OUT / trained.WEIGHTS, OUT / trained.CONFIG, *CURVES)}


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Path:
    """The current folder: a trained retriever, queries with spans, and `localizer: prem`."""
    enter_localizer_workspace(tmp_path, monkeypatch)
    return tmp_path


def test_outs_and_configuration(workspace):
    stage.main()
    network, config = trained.load(OUT)
    assert (config["localizer"], config["recipe"]) == ("prem", small_recipe().model_dump())
    sizes = [config[name] for name in ("video_size", "query_size", "subtitle_size", "max_query_tokens")]
    assert sizes == [16, 16, 0, 30]
    assert config["features"] == {"streams": ["resnet"], "normalize": "stream"}
    assert (config["seed"], config["shuffle_queries"]) == (0, False)
    numbers = read_json(OUT / "training.json")
    assert (numbers["epochs_run"], numbers["steps"], numbers["train_queries"]) == (2, 6, 24)
    assert numbers["parameters"] == sum(parameter.numel() for parameter in network.parameters())
    assert numbers["queries_without_span"] == numbers["queries_past_the_last_clip"] == 0
    assert numbers["cut_videos"] == 8  # videos of 9 rows, of which 8 are read
    assert numbers["best"] == numbers["history"][numbers["best_epoch"] - 1]["selection"]
    for curve in CURVES:
        assert [line.split("\t")[0] for line in curve.read_text().splitlines()] == ["step", "1", "2"]
    assert not list((workspace / "store").rglob("*.pt"))


def test_torch_is_loaded_for_a_localizer_that_is_trained_alone():
    code = "import sys, stages.localize; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_moments_is_chosen_and_nothing_is_trained(workspace):
    stage.main()
    choose("moments")
    shutil.rmtree("outputs/model")  # nothing of it is read
    stage.main()
    assert load_file(OUT / trained.WEIGHTS) == {} and read_json(OUT / "training.json") == {}
    recipe = LOCALIZERS.read("moments")["default"].model_dump()
    assert read_json(OUT / trained.CONFIG) == {"localizer": "moments", "recipe": recipe}
    assert [curve.read_text() for curve in CURVES] == ["step\tloss\n", "step\tSVMR\n", "step\tVCMR\n"]


def test_it_finds_the_events_and_the_control_run_does_not(workspace):
    choose("prem", clips=9, epochs=8, max_clips=4)
    best = {}
    for shuffled in (False, True):
        change(train={"shuffle_queries": shuffled})
        stage.main()
        assert trained.load(OUT)[1]["shuffle_queries"] is shuffled
        best[shuffled] = read_json(OUT / "training.json")["best"]["SVMR mIoU"]
    assert best[False] > 60 > best[True]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", [1, 2])
def test_killed_and_started_again_it_writes_the_same_bytes(workspace, monkeypatch, after):
    choose("prem", epochs=3)
    stage.main()
    whole, numbers = written(), read_json(OUT / "training.json")
    for folder in ("localizer", "localization"):
        shutil.rmtree(f"outputs/{folder}")

    def killed(state, epochs):
        if state.history[-1]["epoch"] == after:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(show, "progress", killed)
        with pytest.raises(Killed):
            stage.main()
    assert not OUT.exists() and len(list((workspace / "store").rglob("*.pt"))) == 1
    epochs = []
    monkeypatch.setattr(show, "progress", lambda state, _: epochs.append(state.history[-1]["epoch"]))
    torch.manual_seed(7)
    stage.main()
    assert epochs == list(range(after, 4))
    again = read_json(OUT / "training.json")
    assert written() == whole and {**again, "seconds": 0} == {**numbers, "seconds": 0}
    assert not list((workspace / "store").rglob("*.pt"))


def test_the_state_of_training_is_that_of_one_retriever_with_its_recipe(workspace, monkeypatch):
    def killed(state, epochs):
        raise Killed

    for ridge in (0.1, 0.2):
        config = read_json("outputs/model/config.json")
        write_json("outputs/model/config.json", {**config, "recipe": {**config["recipe"], "ridge": ridge}})
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(show, "progress", killed)
            stage.main()
    assert len(list((workspace / "store").rglob("*.pt"))) == 2


@pytest.mark.parametrize(
    ("splits", "named"),
    [
        ((), "no training query has an annotated span"),
        (("train",), "no query of the split that chooses the best epoch"),
    ],
)
def test_queries_without_spans_are_an_error_that_names_the_localizer_that_needs_none(workspace, splits, named):
    annotate(splits)
    with pytest.raises(PipelineError, match=named) as error:
        stage.main()
    assert "queries.jsonl" in str(error.value)
    assert "`localizer: moments`: the spans that the retriever finds by itself" in str(error.value)
    choose("moments")
    stage.main()


@pytest.mark.parametrize(("name", "value"), [("model", "amdnet"), ("protocol", "published"), ("dataset", "folder")])
def test_a_retriever_that_was_trained_otherwise_is_refused(workspace, name, value):
    change(**{name: value})
    with pytest.raises(PipelineError, match=f"the model was trained with `{name}: .*`, params.yaml says `{value}`"):
        stage.main()


def test_subtitles_of_some_videos_are_read_by_the_localizer_alone(workspace):
    stage.main()
    without = load_file(OUT / trained.WEIGHTS)
    draw = torch.Generator().manual_seed(2)
    ids = [video.video_id for video in read_videos("outputs/manifest/videos.jsonl")][::2]
    spoken = [Item(id, torch.randn(9, SPOKEN, generator=draw).numpy(), {}) for id in ids]
    write_features(FEATURES / "localizer_subtitle.h5", spoken, {"weights": "random (seed 0)"})
    write_asked(["resnet"], ["resnet", "subtitle"])
    stage.main()
    network, config = trained.load(OUT)
    assert config["subtitle_size"] == SPOKEN and config["features"]["streams"] == ["resnet", "subtitle"]
    assert checkpoint.load("outputs/model")[1]["features"]["streams"] == ["resnet"]
    assert network.state_dict().keys() > without.keys()


@pytest.mark.parametrize("model", [name for name in MODELS.names() if name != "cca"])
def test_every_retriever_carries_it(workspace, model):
    change(model=model)
    train()
    stage.main()
    selection = read_json(OUT / "training.json")["best"]
    assert 0 < selection["VCMR mIoU"] <= 100
