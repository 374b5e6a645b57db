"""Says in seconds what is wrong with a folder, before a stage reads its files through. Test: tests/scan/test_check.py.

The annotations are read and held against the videos as the stage `prepare` does, with the lengths that the videos'
headers give. So a query near the end of a video may be judged otherwise there, and damage within a video shows only
there, too.
"""

import importlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.annotations.common.assemble import Assembled, assemble
from pipeline.annotations.common.layout import layout_of, layouts
from pipeline.annotations.common.listed import ANNOTATION, OTHER, PACK, VIDEO, ListedFile
from pipeline.annotations.common.own_layout import OWN_VIDEOS
from pipeline.annotations.common.params import PrepareParams
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.right_answers import read_right_answers
from pipeline.annotations.common.shared_val import leave_out_shared_val
from pipeline.annotations.common.videos import inspect
from pipeline.core.errors import PipelineError
from pipeline.core.params import load
from pipeline.scan.glance import Glance, glance_at
from pipeline.scan.near_names import near_names
from pipeline.scan.source import exists, fix_for_missing
from pipeline.video.params import DecodeParams

CORRECT_PATH = "correct the path that the command was given"
_NO_UTF_8 = "\\udc"
"""How annotations call what is not UTF-8 in a name, of which the file itself has been named."""


@dataclass(frozen=True)
class Problem:
    """where: the file, or its line, below the folder; cause: why it cannot be used, or why something is left out."""

    where: str
    cause: str


@dataclass(frozen=True)
class Checked:
    """What a folder holds.

    assembled: its videos and queries as `prepare` will find them, and annotations, what they were made of; both None
    where the annotations were not read.
    """

    glances: list[Glance]
    assembled: Assembled | None
    problems: list[Problem]
    annotations: Annotations | None = None

    @property
    def no_queries(self) -> str | None:
        """Which files of queries are not there; None where one is, or where the annotations were not read."""
        return self.annotations.no_queries if self.annotations else None

    def of(self, kind: str) -> list[Glance]:
        """Return the good files of a kind."""
        return [one for one in self.glances if one.kind == kind and not one.problem]


def own_videos() -> str:
    """Return the name of the data set that reads a user's own videos."""
    return next(name for name, layout in layouts().items() if layout == OWN_VIDEOS)


def check(folder: Path, dataset: str) -> Checked:
    """Look at all files of the folder, and read its annotations.

    The annotations are not read where a file of them cannot be read, of a feature pack, and where the data set's reader
    makes the videos itself. Raises PipelineError where the folder is not there or cannot be listed.
    """
    if not exists(folder, CORRECT_PATH):
        raise PipelineError("no such folder", where=folder, fix=fix_for_missing(folder, CORRECT_PATH))
    glances = glance_at(folder, dataset, load(DecodeParams).decode)
    problems = [Problem(one.name, one.problem) for one in glances if one.problem]
    read, passed_over = [[one.name for one in glances if one.kind == kind] for kind in (ANNOTATION, OTHER)]
    misnamed = near_names(read, passed_over, layout_of(dataset))
    problems += [Problem(name, f"the file is not read; did you mean {meant}?") for name, meant in misnamed]
    unread = any(one.problem for one in glances if one.kind in (ANNOTATION, PACK))
    if unread or layout_of(dataset).needs != VIDEO:
        return Checked(glances, None, problems)
    try:
        assembled, annotations = _assembled(folder, dataset, glances)
    except PipelineError as error:
        where = str(error.where or folder).removeprefix(f"{folder}/")
        return Checked(glances, None, [*problems, Problem(where, error.cause)])
    named = {one.where for one in problems}
    left_out = [one for one in assembled.refused if one.where not in named and _NO_UTF_8 not in one.where]
    return Checked(glances, assembled, problems + [Problem(one.where, one.cause) for one in left_out], annotations)


def _assembled(folder: Path, dataset: str, glances: list[Glance]) -> tuple[Assembled, Annotations]:
    """Read the annotations as `prepare` does, and return them too; a video's name stands for its hash."""
    reader = importlib.import_module(f"pipeline.annotations.{dataset}.reader")
    params: Any = load("dataset", "source", "protocol", PrepareParams, *getattr(reader, "SECTIONS", ()))
    annotations = reader.read(folder, params)
    read_right_answers(annotations, folder)
    leave_out_shared_val(annotations, params.protocol)
    files = inspect(annotations, map(_as_listed, glances))
    assembled = assemble(annotations, files, dict.fromkeys(files), params.protocol, params.prepare)
    return assembled, annotations


def _as_listed(one: Glance) -> ListedFile:
    seconds = math.inf if one.seconds is None else one.seconds
    return ListedFile(one.name, one.kind, one.size, one.name, seconds, one.problem)
