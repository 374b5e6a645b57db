"""The section `pack` of params.yaml."""

from typing import Annotated

from pydantic import Field

from pipeline.core.schema import Section


class PackParams(Section):
    """Which features of a published pack are read, and how long a row is."""

    SECTION = "pack"

    video_features: str = Field(description="auto: the only one there is | name of a folder or file below FeatureData/")
    query_features: str = Field(description="auto: the only one there is | name of a file below TextData/")
    row_seconds: Annotated[float, Field(gt=0)] = Field(
        description="seconds a row, > 0: the length of a video whose moments file does not tell it"
    )
