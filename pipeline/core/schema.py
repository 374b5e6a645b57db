"""What the schemas of parameters are made of: the class of a section, common types, and the parameters in no section.

A room that reads a section of params.yaml describes it in its file `params.py`: the type of each value and, in words,
its unit and allowed values. The comments in params.yaml and docs/parameters.md repeat these words.
Test: tests/core/test_params.py.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.core.plugins import known, names

Fraction = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Pixels = Annotated[int, Field(ge=32, le=512)]
Precision = Literal["float32", "bfloat16"]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Weight = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A section of params.yaml: immutable, complete, without unknown keys and without silent conversion of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    SECTION: ClassVar[str] = ""
    """The section's name in params.yaml; empty for a class that is no section by itself."""


def refuse_uneven(units: str, size: int, parts: str, count: int) -> None:
    """Raise ValueError, with the nearest values that would do, where units cannot be split into equal parts.

    units, parts: the parameters that hold the size and the count.
    """
    if size % count == 0:
        return
    sizes = [each for each in (size // count * count, (size // count + 1) * count) if each]
    fewer = [each for each in range(min(count - 1, size), 0, -1) if size % each == 0]
    more = [each for each in range(count + 1, min(4 * count, size) + 1) if size % each == 0]
    counts = [*fewer[:1], *more[:1]]
    raise ValueError(
        f"{units} ({size}) must be a multiple of {parts} ({count}): set {units} to {' or '.join(map(str, sizes))}, "
        f"or {parts} to {' or '.join(map(str, counts))}"
    )


@dataclass(frozen=True)
class NamesFile:
    """Marks a parameter that is one of some words, or else the path of a file or folder."""

    words: tuple[str, ...]


class StreamSection(Section):
    """The section of a visual stream.

    BY_DEFAULT: whether `features.streams: auto` asks for the stream; SIZE: how many numbers it has for a clip, None
    where the parameters decide that.
    """

    BY_DEFAULT: ClassVar[bool]
    SIZE: ClassVar[int | None] = None


def _dataset(value: str) -> str:
    return known(value, names("annotations", "reader"))


def _model(value: str) -> str:
    return known(value, names("models", "model"))


def _localizer(value: str) -> str:
    return known(value, names("localizers", "recipe"))


TOP_LEVEL: dict[str, Any] = {
    "dataset": Annotated[str, AfterValidator(_dataset), Field(description=" | ".join(names("annotations", "reader")))],
    "source": Annotated[
        str,
        Field(
            description="folder of the raw data set (videos, annotations, subtitles) or of a feature pack (README.md); "
            "relative to the project, or absolute"
        ),
    ],
    "model": Annotated[str, AfterValidator(_model), Field(description=" | ".join(names("models", "model")))],
    "recipe": Annotated[
        str,
        Field(
            description="auto: of recipes/<model>.yaml the one named like the data set, else `default` | the name of "
            "one"
        ),
    ],
    "localizer": Annotated[
        str,
        AfterValidator(_localizer),
        Field(
            description=" | ".join(names("localizers", "recipe"))
            + ": what finds the moment within a video; see docs/models.md"
        ),
    ],
    "localizer_recipe": Annotated[
        str, Field(description="the same of recipes/localizers/<localizer>.yaml: auto | the name of one")
    ],
    "protocol": Annotated[
        Literal["honest", "published"],
        Field(
            description="honest: select on val, report test once | published: select on test, as the literature does "
            "(named so in every output)"
        ),
    ],
    "max_failed_fraction": Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="0 to 1: the share of the videos, and of the queries, that may be unusable before a stage "
            "fails; what is refused is named and counted all the same",
        ),
    ],
    "clip_seconds": Annotated[
        float,
        Field(
            ge=0.1,
            le=600,
            description="seconds a clip, 0.1 to 600; clip i covers [i * clip_seconds, (i + 1) * clip_seconds)",
        ),
    ],
}
"""The parameters of params.yaml that stand in no section, by name."""
