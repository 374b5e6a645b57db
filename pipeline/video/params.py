"""The section `decode` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.core.schema import Count, Section

Decoder = Literal["decord", "pyav"]


class DecodeParams(Section):
    """Which decoders read a video, when one is taken to hang, and what decord may hold.

    A decoder hangs if it takes more than max(floor, factor * length of the video) seconds.
    """

    SECTION = "decode"

    order: Annotated[list[Decoder], Field(min_length=1)] = Field(
        description="the decoders that may read a video, the first one first, none twice: decord, pyav; decord brings "
        "libraries of FFmpeg 4.1, from before many fixes; with [pyav] it is never loaded (docs/data-sets.md)"
    )
    deadline_floor: Annotated[float, Field(gt=0)] = Field(description="seconds, > 0")
    deadline_factor: Annotated[float, Field(gt=0)] = Field(description="seconds a second of video, > 0")
    max_ahead_mib: Count = Field(
        description="MiB, >= 1: decord decodes ahead of the model; a video whose file and scaled pictures are more is "
        "PyAV's"
    )

    @field_validator("order")
    @classmethod
    def _none_twice(cls, order: list[Decoder]) -> list[Decoder]:
        if len(set(order)) < len(order):
            raise ValueError("it names a decoder twice")
        return order
