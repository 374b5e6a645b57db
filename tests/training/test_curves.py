"""Curves: the whole history in files that hold no times, also after a resume."""

from pathlib import Path

from helpers.histories import run_of

from pipeline.training import show
from pipeline.training.curves import Curves


def curves_of(folder: Path | str) -> Curves:
    return Curves(folder, show.CURVES, show.points)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_row_an_epoch_without_times(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    curves = curves_of("training")
    for epochs in (0, 1, 2):
        curves(run_of(epochs).history)
    assert Path("training/plots/metrics/selection/SumR.tsv").read_text() == "step\tSumR\n0\t210.0\n1\t220.0\n2\t230.0\n"
    assert Path("training/plots/metrics/train/loss.tsv").read_text() == "step\tloss\n1\t3.0\n2\t1.5\n"
    names = {str(path.relative_to("training/plots/metrics")) for path in Path("training/plots").rglob("*.tsv")}
    assert names == {"train/loss.tsv", "selection/SumR.tsv", "selection/R1.tsv", "learning_rate.tsv"}


def test_a_resumed_run_writes_the_same_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole, resumed = curves_of("whole"), curves_of("resumed")
    for epochs in (0, 1, 2, 3, 4):
        whole(run_of(epochs).history)
    for epochs in (0, 1, 2):
        resumed(run_of(epochs).history)
    resumed = curves_of("resumed")  # killed, started again
    for epochs in (2, 3, 4):
        resumed(run_of(epochs).history)
    assert files(tmp_path / "whole") == files(tmp_path / "resumed")


def test_a_file_that_another_run_has_too_is_left_as_it_was(tmp_path):
    """A run that goes on when another one has begun, and DVC's cache, which shares files with the outputs."""
    early, cached = curves_of(tmp_path / "training"), tmp_path / "cached.tsv"
    early(run_of(1).history)
    late = curves_of(tmp_path / "training")
    late(run_of(3).history)
    curve = tmp_path / "training/plots/metrics/train/loss.tsv"
    cached.hardlink_to(curve)
    before = cached.read_bytes()
    early(run_of(4).history)
    assert cached.read_bytes() == before and len(curve.read_text().splitlines()) == 5
    assert len(list(curve.parent.iterdir())) == 1


def test_nothing_but_the_folder_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    curves_of("training")(run_of(1).history)
    assert [path.name for path in tmp_path.iterdir()] == ["training"]
