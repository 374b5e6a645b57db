"""The open feature files of a split, and what is read of them.

Test: tests/corpus/test_corpus.py.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.core.errors import MAKE_ANEW, PipelineError
from pipeline.core.recipe import Recipe
from pipeline.corpus.params import FeaturesParams
from pipeline.feature_io.hdf5 import FeatureFile, UnknownId


class Form(NamedTuple):
    """The values of a recipe that decide which tensors are made; the fields have the names that they have there.

    clips: N, the clips a video. frames: the most frame rows a video, 0 for a model that looks at none. query_form:
    `token`, or `sentence` for the mean of the normalised tokens, one vector a query. modalities: where `subtitle` is
    among them, subtitles are a tensor of their own, beside the frame rows, and no part of the vectors of clips and
    frame rows. own_pace: whether the frame rows are a video's first rows as they are, and there are no averaged clips.
    """

    clips: int
    frames: int
    query_form: str
    modalities: tuple[str, ...]
    own_pace: bool

    @classmethod
    def of(cls, recipe: Recipe) -> "Form":
        """Take the values from a recipe."""
        return cls(recipe.clips, recipe.frames, recipe.query_form, recipe.modalities, recipe.own_pace)


@dataclass(frozen=True)
class Sources:
    """The open feature files of a split.

    visual: the streams that a clip's vector is concatenated of, in this order. subtitle: the subtitles where the model
    takes them apart from that vector, else None. query: the queries, None where they are not needed.
    """

    visual: list[FeatureFile]
    subtitle: FeatureFile | None
    query: FeatureFile | None

    @property
    def files(self) -> list[FeatureFile]:
        """All files that are open."""
        return [*self.visual, *(file for file in (self.subtitle, self.query) if file)]

    @cached_property
    def subtitle_size(self) -> int:
        """D_s, the size of a row of `subtitle`; 0 where there are no subtitles."""
        if self.subtitle is None or not (ids := self.subtitle.ids()):
            return 0
        return self.subtitle.shape(ids[0])[1]

    @property
    def query_file(self) -> FeatureFile:
        """The file of the queries, which must have been opened."""
        assert self.query is not None
        return self.query


@contextmanager
def open_sources(
    folder: Path, features: FeaturesParams, form: Form, subtitles: str, queries: bool = True
) -> Iterator[Sources]:
    """Open the feature files in `folder`, that of the queries only where `queries` is true, and close them at the end.

    subtitles: the name of the file of subtitles that the model takes apart. Raises PipelineError for a file that is
    missing, and where `features.streams` names nothing but subtitles that the model takes apart.
    """
    apart = "subtitle" in form.modalities
    visual = [stream for stream in features.streams if not (apart and stream == "subtitle")]
    if not visual:
        raise PipelineError(
            "the model takes subtitles apart from what is seen, and `features.streams` names nothing that is seen",
            where="params.yaml",
            fix="name a visual stream beside subtitle, or set features.streams to auto",
        )
    with ExitStack() as stack:

        def opened(stream: str) -> FeatureFile:
            return stack.enter_context(FeatureFile(folder / f"{stream}.h5"))

        subtitle = opened(subtitles) if apart and "subtitle" in features.streams else None
        yield Sources([opened(stream) for stream in visual], subtitle, opened("query") if queries else None)


def length_of(file: FeatureFile, id: str) -> int:
    """Return T, the number of rows of one id; 0 where the file does not have it."""
    try:
        return file.shape(id)[0]
    except UnknownId:
        return 0


def rows_of(file: FeatureFile, *ids: str) -> Tensor:
    """Read the rows of the ids, one after another -> (T, D) float64; raises PipelineError for what is not finite."""
    read = [file[id] for id in ids]
    rows = torch.from_numpy(np.concatenate(read)).double()
    if not rows.sum().isfinite():
        bad = next(id for id, values in zip(ids, read, strict=True) if not np.isfinite(values).all())
        raise _bad(file, bad, "hold values that are not finite")
    return rows


def _bad(file: FeatureFile, id: str, what: str) -> PipelineError:
    return PipelineError(
        f"the features of {id!r} {what}",
        where=file.path,
        fix=MAKE_ANEW,
    )
