"""The steps of checking weights: what is not compared is never called right, and what fails ends the rest."""

import pytest

from pipeline.backbones.common.check import Finding, WeightsCheck, run_steps
from pipeline.backbones.common.download import NotPublished
from pipeline.core.errors import PipelineError


def raising(error: PipelineError):
    def look() -> Finding:
        raise error

    return look


class Steps(WeightsCheck):
    TITLE = "a network"

    def __init__(self, *looks):
        self._looks = looks

    def steps(self):
        return [(f"step {position}", look) for position, look in enumerate(self._looks)]


def good() -> Finding:
    return Finding("ok", "it is equal")


def verdicts(*looks) -> list[str]:
    return [finding.verdict for _, finding in run_steps(Steps(*looks))]


def test_what_cannot_be_had_is_unverified_and_so_is_all_behind_it():
    found = dict(run_steps(Steps(raising(PipelineError("no network", where="here", fix="get one")), good, good)))
    assert [one.verdict for one in found.values()] == ["unverified here"] * 3 and all(
        one.ended for one in found.values()
    )
    assert (
        "no network" in found["step 0"].text and "get one" in found["step 0"].text and "\n" not in found["step 0"].text
    )
    assert "because of `step 0`" in found["step 2"].text


def test_another_file_than_the_published_one_is_wrong():
    assert verdicts(raising(NotPublished("another hash")), good) == ["wrong", "unverified here"]


def test_what_cannot_be_read_is_wrong_and_ends_the_rest():
    assert verdicts(good, raising(PipelineError("not a weights file")), good) == ["ok", "wrong", "unverified here"]


def test_an_expectation_is_called_unverified_until_somebody_has_confirmed_it(monkeypatch):
    check = Steps()
    assert check.as_expected(True) == "as expected, unverified here"
    assert check.as_expected(False) == "unexpected, unverified here"
    monkeypatch.setattr(Steps, "CONFIRMED", True)
    assert (check.as_expected(True), check.as_expected(False)) == ("ok", "wrong")


def test_a_mistake_of_ours_is_not_the_weights():
    with pytest.raises(ZeroDivisionError):
        verdicts(lambda: 1 / 0)
