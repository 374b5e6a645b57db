"""The section `decode` of params.yaml."""

from typing import Annotated

from pydantic import Field

from pipeline.core.schema import Count, Section


class DecodeParams(Section):
    """When a decoder is taken to hang, and what decord may hold.

    A decoder hangs if it takes more than max(floor, factor * length of the video) seconds.
    """

    SECTION = "decode"

    deadline_floor: Annotated[float, Field(gt=0)] = Field(description="seconds, > 0")
    deadline_factor: Annotated[float, Field(gt=0)] = Field(description="seconds a second of video, > 0")
    max_ahead_mib: Count = Field(
        description="MiB, >= 1: decord decodes ahead of the model; a video whose file and scaled pictures are more is "
        "PyAV's"
    )
