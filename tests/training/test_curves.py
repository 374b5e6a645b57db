"""Curves: the whole history in files that hold no times, also after a resume; progress on stderr, not too often."""

from pathlib import Path

from pipeline.training.curves import Curves, Progress
from pipeline.training.loop import TrainingState


def recall_of(epoch: int) -> dict[str, float]:
    return {"R@1": 10.0 * epoch, "R@5": 50.0, "R@10": 60.0, "R@100": 100.0, "SumR": 210.0 + 10 * epoch}


def run_of(epochs: int) -> TrainingState:
    """A run of so many epochs after epoch 0."""
    losses = {"retrieval": 2.0, "diversity": 0.5, "relevance": 0.1, "total": 3.0}
    history = [
        {
            "epoch": epoch,
            "steps": 9 * epoch,
            "learning_rate": 0.001 / epoch,
            "loss": {name: value / epoch for name, value in losses.items()},
            "recall": recall_of(epoch),
            "lead_error": 1.0,
        }
        for epoch in range(1, epochs + 1)
    ]
    start = {"epoch": 0, "steps": 0, "learning_rate": 0.0, "loss": {}, "recall": recall_of(0)}
    return TrainingState([start, *history], {}, 1.0)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_row_an_epoch_without_times(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    curves = Curves("training")
    for epochs in (0, 1, 2):
        curves(run_of(epochs).history)
    assert Path("training/plots/metrics/selection/SumR.tsv").read_text() == "step\tSumR\n0\t210.0\n1\t220.0\n2\t230.0\n"
    assert Path("training/plots/metrics/train/loss.tsv").read_text() == "step\tloss\n1\t3.0\n2\t1.5\n"
    names = {str(path.relative_to("training/plots/metrics")) for path in Path("training/plots").rglob("*.tsv")}
    assert names == {"train/loss.tsv", "selection/SumR.tsv", "selection/R1.tsv", "learning_rate.tsv"}


def test_a_resumed_run_writes_the_same_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole, resumed = Curves("whole"), Curves("resumed")
    for epochs in (0, 1, 2, 3, 4):
        whole(run_of(epochs).history)
    for epochs in (0, 1, 2):
        resumed(run_of(epochs).history)
    resumed = Curves("resumed")  # killed, started again
    for epochs in (2, 3, 4):
        resumed(run_of(epochs).history)
    assert files(tmp_path / "whole") == files(tmp_path / "resumed")


def test_a_file_that_another_run_has_too_is_left_as_it_was(tmp_path):
    """A run that goes on when another one has begun, and DVC's cache, which shares files with the outputs."""
    early, cached = Curves(tmp_path / "training"), tmp_path / "cached.tsv"
    early(run_of(1).history)
    late = Curves(tmp_path / "training")
    late(run_of(3).history)
    curve = tmp_path / "training/plots/metrics/train/loss.tsv"
    cached.hardlink_to(curve)
    before = cached.read_bytes()
    early(run_of(4).history)
    assert cached.read_bytes() == before and len(curve.read_text().splitlines()) == 5
    assert len(list(curve.parent.iterdir())) == 1


def test_nothing_but_the_folder_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Curves("training")(run_of(1).history)
    assert [path.name for path in tmp_path.iterdir()] == ["training"]


def test_progress_is_printed_at_most_once_a_second_and_at_the_end(capsys):
    progress = Progress(epochs=50)
    for epochs in range(1, 50):
        progress(run_of(epochs))
    progress.last(run_of(50))
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) < 50
    assert lines[0].startswith("epoch 1/50  loss 3.0000  SumR 220.0 (best 220.0, epoch 1)")
    assert lines[-1].startswith("epoch 50/50")


def test_epoch_0_is_printed_and_the_end_says_where_training_was_of_no_use(capsys):
    progress, useful, useless = Progress(epochs=2), run_of(2), run_of(2)
    useless.history[0]["recall"] = recall_of(9)
    progress(run_of(0))
    progress.end(useful)
    assert capsys.readouterr().err.splitlines()[0] == "epoch 0  SumR 210.0"
    progress.end(useless)
    told = capsys.readouterr().err.splitlines()
    assert "(best 300.0, epoch 0)" in told[0] and "clearly better than the start, whose weights are kept" in told[1]
