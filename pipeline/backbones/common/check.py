"""Checks published weights step by step, and says of each step what was compared, and with what.

A backbone that has published weights describes its steps in the file check.py of its folder, as a class below
`WeightsCheck`; `amdnet check-weights` finds it there. A step compares with what the publisher says, or with what this
project expects of the weights. Until somebody has run the command with the published weights, an expectation is
itself unverified, and the verdict says so. Test: tests/backbones/test_check.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from pipeline.backbones.common.download import NotPublished
from pipeline.core.errors import PipelineError

Verdict = Literal["ok", "wrong", "as expected, unverified here", "unexpected, unverified here", "unverified here"]

AS_PUBLISHED: dict[bool, Verdict] = {True: "ok", False: "wrong"}
"""The verdict on what was compared with a value that is published, or that must be equal whatever the weights are."""

NOTHING_COMPARED: Verdict = "unverified here"
DIFFERENT: tuple[Verdict, ...] = ("wrong", "unexpected, unverified here")


@dataclass(frozen=True)
class Finding:
    """What a step has found. ended: the steps behind this one could not be taken."""

    verdict: Verdict
    text: str
    ended: bool = False


Step = tuple[str, Callable[[], Finding]]


class WeightsCheck(ABC):
    """The steps of checking one backbone's published weights.

    TITLE: what people call them. CONFIRMED: whether somebody has run the steps with the published weights and found
    what this project expects; who does so sets it to True.
    """

    TITLE: ClassVar[str]
    CONFIRMED: ClassVar[bool] = False

    @abstractmethod
    def steps(self) -> list[Step]:
        """Return name and function of each step; the first one finds the file, and downloads it where needed.

        A function raises PipelineError where nothing behind it can be looked at.
        """

    def as_expected(self, agrees: bool) -> Verdict:
        """Return the verdict on what was compared with an expectation of this project."""
        if self.CONFIRMED:
            return AS_PUBLISHED[agrees]
        return "as expected, unverified here" if agrees else "unexpected, unverified here"


def run_steps(check: WeightsCheck) -> Iterator[tuple[str, Finding]]:
    """Take the steps of a check in order, and yield the name of each with what it has found.

    What the first step cannot get is unverified, not wrong, unless the file is another one than the published.
    """
    ended = ""
    for position, (name, look) in enumerate(check.steps()):
        if ended:
            yield name, Finding(NOTHING_COMPARED, f"not looked at, because of `{ended}`", ended=True)
            continue
        try:
            found = look()
        except PipelineError as error:
            missing = position == 0 and not isinstance(error, NotPublished)
            said = " ".join(str(error).replace("\n  What to do: ", "; ").split())
            found = Finding(NOTHING_COMPARED if missing else "wrong", said, ended=True)
            ended = name
        yield name, found
