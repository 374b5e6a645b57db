"""`amdnet compare-runs` over experiments that DVC made: what it prints at 120 columns, and in Markdown."""

import pytest
from helpers.quick_runs import quick_repository


@pytest.mark.slow
def test_experiments_are_compared(tmp_path):
    folder = quick_repository(tmp_path / "project")
    folder.run("dvc repro -q && git add -A && git commit -qm 'The base'")
    assert "no finished experiment has such a name" in folder.run("amdnet compare-runs nothing", fails=True)
    for seed in (1, 2):
        options = f"-S train.seed={seed} -S recipes/amdnet.yaml:default.hidden=300"
        folder.run(f"dvc exp run --temp -n wide-seed{seed} {options}")
    assert folder.run("amdnet compare-runs") == (
        "sample\n"
        "       SumR   R@1   R@5  R@10  R@100  mIoU  val SumR  runs  experiment        changes\n"
        "301.5 ± 0.7  50.0  80.0  90.0  100.0  70.0       1.5     2  wide              hidden=300\n"
        "      256.0  50.0  80.0  90.0  100.0  70.0       1.5     1  main\n"
        "      157.1                                                 a random ranking\n"
        "with backbones of random weights: all\n\n"
    )
    assert "| wide | hidden=300 | 2 | 301.5 ± 0.7 | 50.0 ± 0.0 |" in folder.run("amdnet compare-runs --markdown")
    assert "main" not in folder.run("amdnet compare-runs wide")
    read = "from benchmarks.experiment import training_seconds as of; print(of('wide-seed1'), of('main'))"
    assert folder.run(f'python -c "{read}"') == "150.0 128.0\n"
    assert "150" in folder.run("dvc exp apply -q wide-seed1 && dvc metrics show outputs/evaluation/cost.json")
    folder.run("git checkout -q . && dvc checkout -q")
    folder.run("git commit -q --allow-empty -m 'Later'")
    assert "wide" not in folder.run("amdnet compare-runs")
    assert "wide" in folder.run("amdnet compare-runs -A")
