"""Folds of experiments/folds.py: disjoint, without the test split, trained as -S says, the same each time."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from experiments import folds
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import read_queries, read_videos, write_queries


def test_folds_hold_out_other_videos_each_and_never_see_the_test_split(workspace, tmp_path):
    held = []
    for fold in range(3):
        folder = tmp_path / str(fold)
        folder.mkdir()
        folds.split_anew(fold, folder)
        split = {video.video_id: video.splits for video in read_videos(folder / "videos.jsonl")}
        assert sorted(split) == [f"v{index:02}" for index in range(11)]
        assert all((query.split,) == split[query.video_id] for query in read_queries(folder / "queries.jsonl"))
        held += [video for video, splits in split.items() if splits == ("val",)]
    assert len(held) == len(set(held)) == 9


@pytest.mark.parametrize("model", ["amdnet", "cca"])
def test_a_fold_is_trained_as_told_and_the_same_each_time(workspace, model):
    changes = {"model": model, f"recipes/{model}.yaml:default.epochs": 2}
    one, two = (folds.trained_on(0, changes) for _ in range(2))
    assert one == two and one[2] == 2 and 0 < one[0] <= 400
    assert not (Path("outputs") / "model").exists()


def test_a_localizer_is_trained_on_top_and_judged_by_its_spans(workspace, monkeypatch, capsys):
    small = {"epochs": 2, "hidden": 16, "inner": 16, "heads": 2, "negatives": 1, "negatives_from": 2}
    recipe = {f"recipes/localizers/prem.yaml:default.{key}": value for key, value in small.items()}
    changes = {"model": "cca", "localizer": "prem", **recipe}
    queries = "outputs/manifest/queries.jsonl"
    write_queries(queries, [replace(query, spans=((1.0, 4.0),)) for query in read_queries(queries)])
    one, two = (folds.localized_on(0, changes) for _ in range(2))
    assert one == two and one[2] == 2 and 0 < one[0] <= 100
    given = [word for name, value in changes.items() for word in ("-S", f"{name}={value}")]
    monkeypatch.setattr(sys, "argv", ["folds", *given, "--folds", "1"])
    folds.main()
    assert capsys.readouterr().out.splitlines()[0] == f"fold 0: SVMR mIoU {one[0]:.1f} (epoch {one[1]} of 2)"


def test_the_command_prints_each_fold_and_the_mean_and_refuses_unknown_names(workspace, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["folds", "-S", "recipes/amdnet.yaml:default.learning_rate=5e-05", "--folds", "2"])
    folds.main()
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == ["fold 0", "fold 1", "mean"]
    monkeypatch.setattr(sys, "argv", ["folds", "-S", "recipes/amdnet.yaml:default.rate=1"])
    with pytest.raises(PipelineError, match="there is no parameter `recipes/amdnet.yaml:default.rate`"):
        folds.main()
