"""What a run ends with: the numbers, what limits them, what was left out, and whether that is accepted."""

from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.report.headline import check_accepted, headline
from stages import finish


@pytest.fixture
def refused(outputs) -> Path:
    """The outputs of a run in which prepare refused 2 of 10 queries, and slowfast failed for 1 of 4 videos."""
    prepare = outputs / "manifest" / "prepare.json"
    counts = {"video": 0, "query": 2, "query_of_refused_video": 1}
    write_json(
        prepare, {**read_json(prepare), "dataset": "folder", "videos": 4, "queries": 7, "refused_counts": counts}
    )
    for path in (outputs / "features").glob("*.json"):
        numbers = read_json(path)
        if "decoded" in numbers:
            write_json(path, {**numbers, "failed": 0})
    numbers = {"videos": 3, "decoded": 3, "failed": 1, "failures": []}
    write_json(outputs / "features" / "slowfast.json", numbers)
    return outputs


def test_the_numbers_come_with_chance_and_with_what_limits_them(refused):
    numbers, *limits = headline(refused)
    assert numbers.startswith("amdnet on folder, test split: SumR ") and "(chance " in numbers
    assert any("random weights" in line for line in limits)
    assert [line for line in limits if "left out" in line] == [
        "  2 of 10 queries were left out",
        "  1 of 4 videos of slowfast were left out",
    ]


def test_without_queries_it_says_what_can_be_searched(refused, details):
    nothing = {"reported_split": None, "selection_split": None}
    write_json(refused / "evaluation" / "details.json", {**details, **nothing})
    write_json(refused / "evaluation" / "metrics.json", {"videos": 4, "hours": 1.25, "random weights": 1})
    assert headline(refused)[0] == "amdnet on folder: 4 videos, 1.2 hours, can be searched"


def test_a_lower_share_is_asked_of_what_is_finished(refused):
    check_accepted(refused, 0.25)
    with pytest.raises(PipelineError, match="1 of 4 videos of slowfast were left out") as caught:
        check_accepted(refused, 0.2)
    assert "set max_failed_fraction to 0.25 in params.yaml" in caught.value.fix
    assert caught.value.where == refused / "features" / "slowfast.json"
    with pytest.raises(PipelineError, match="2 of 10 queries were left out"):
        check_accepted(refused, 0.1)


def test_the_report_of_a_temporary_experiment_is_fetched_by_its_name(tmp_path, monkeypatch):
    main, temporary = tmp_path / "main", tmp_path / "temporary"
    main.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(main)
    monkeypatch.setenv("DVC_ROOT", str(main))
    monkeypatch.setenv("DVC_EXP_NAME", "rate")
    assert finish.place() == str(main / "outputs/report.html")
    monkeypatch.chdir(temporary)
    said = "`dvc get . outputs/report.html --rev {0} -o outputs/{0}.html` writes it"
    assert finish.place() == said.format("rate")
    monkeypatch.setenv("DVC_EXP_NAME", "rate-1.5")
    assert finish.place() == said.format("rate-1.5")
