"""Which curves of training are drawn, under which names, and what is said of the epoch that was kept."""

import pytest

from pipeline.report.training import choice, training_charts


@pytest.fixture
def folder(tmp_path):
    def write(name, *values):
        path = tmp_path / f"{name}.tsv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(["step\tvalue\n", *(f"{step}\t{value}\n" for step, value in enumerate(values, 1))]))

    write("learning_rate", 0.0, 0.0, 0.0)
    write("train/loss", 3.0, 2.0, 1.0)
    write("selection/SumR", 210.0, 330.0, 250.0)
    write("selection/R1", 7.0)
    return tmp_path


def test_a_curve_that_never_changes_is_no_chart(folder):
    assert [chart["title"] for chart in training_charts(folder, {}, "val")] == ["SumR on val", "Training loss"]
    assert training_charts(folder / "none", {}, "val") == []


def test_the_chosen_epoch_is_marked(folder):
    marks = [chart["mark"] for chart in training_charts(folder, {"best_epoch": 2}, "val")]
    assert {mark["label"] for mark in marks} == {"chosen: 2"}
    assert [chart["mark"] for chart in training_charts(folder, {}, "val")] == [None, None]


@pytest.mark.parametrize(
    ("best", "words"), [(0, "the start was kept"), (7, "Of 1,000 epochs the model of epoch 7 was kept")]
)
def test_the_epoch_that_was_kept_is_named(best, words):
    assert words in choice({"best_epoch": best, "epochs_run": 1000})


def test_what_was_not_trained_has_no_epoch():
    assert choice({"seconds": 0.0}) is None
