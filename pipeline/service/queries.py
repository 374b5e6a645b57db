"""What a request may ask for: its parameters and its body, with their bounds. Test: tests/service/test_queries.py."""

import math
import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipeline.search.exports import Format
from pipeline.search.results import MOST_HITS, Among
from pipeline.service.limits import MOST_CHARACTERS, MOST_CLIPS
from pipeline.service.posters import WIDTHS

MOST_OF_A_NAME = 4096
"""Characters of an id or a folder: more than any file system has."""
MOST_SECONDS = 1e6


def _unless_empty(default: float | None) -> BeforeValidator:
    """Let an empty parameter count as one that is not there."""
    return BeforeValidator(lambda value: default if value == "" else value)


def _width(width: int) -> int:
    if width not in WIDTHS:
        raise ValueError(f"it is one of {', '.join(map(str, WIDTHS))}")
    return width


Name = Annotated[str, Field(max_length=MOST_OF_A_NAME)]
Seconds = Annotated[float, Field(ge=0, le=MOST_SECONDS)]


class Asked(BaseModel):
    """Parameters of a request; a parameter that there is not is an error."""

    model_config = ConfigDict(extra="forbid")


class AskedAmong(Asked):
    """Which videos are asked for, and how many."""

    k: Annotated[int, Field(ge=1, le=MOST_HITS)] = 20
    folder: Name = ""
    shortest: Annotated[Seconds, _unless_empty(0.0)] = 0.0
    longest: Annotated[Seconds | None, _unless_empty(None)] = None
    unusual: Annotated[Annotated[float, Field(allow_inf_nan=False)] | None, _unless_empty(None)] = None

    @property
    def among(self) -> Among:
        """The videos that are searched."""
        longest = math.inf if self.longest is None else self.longest
        return Among(self.folder, self.shortest, longest, self.unusual)


class AskedSearch(AskedAmong):
    """What is looked for in the videos."""

    q: Annotated[str, Field(max_length=MOST_CHARACTERS, pattern=r"\S")]


class AskedVideos(AskedAmong):
    """From which number on the videos are listed, by name."""

    first: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0


class AskedVideo(Asked):
    """A video of the index."""

    id: Name


class AskedPoster(AskedVideo):
    """A picture of a video, at t seconds and w pixels wide."""

    t: Seconds = 0.0
    w: Annotated[int, AfterValidator(_width)]


class AskedStream(AskedVideo):
    """A video from a second on."""

    start: Seconds = 0.0


class AskedExport(Asked):
    """In which format clips are exported."""

    format: Format


class AskedClip(BaseModel):
    """A part of a video, and what is written beside it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Name
    start: Seconds
    end: Seconds
    label: Annotated[str, Field(max_length=MOST_CHARACTERS)] = ""

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> "AskedClip":
        if self.end <= self.start:
            raise ValueError("a clip must end after its start")
        return self


class AskedNote(BaseModel):
    """A sentence about a part of a video, to be written down."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Name
    start: Seconds
    end: Seconds
    text: Annotated[str, Field(max_length=MOST_CHARACTERS)]


class AskedClips(BaseModel):
    """The body of an export: the clips, in the order of the file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    clips: Annotated[list[AskedClip], Field(min_length=1, max_length=MOST_CLIPS)]


def complaint(errors: Sequence[Any]) -> str:
    """Return the first of pydantic's errors as a sentence, which repeats nothing of a value."""
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("query", "body"))
    says = {
        "extra_forbidden": "this request has no such parameter",
        "json_invalid": "it is not valid JSON",
        "missing": "it is missing",
        "string_pattern_mismatch": "write a sentence",
    }.get(first["type"], first["msg"].removeprefix("Value error, "))
    name = f"`{where}`" if re.fullmatch(r"[a-z0-9_.]{1,40}", where) else "The request"
    return f"{name}: {says}."
