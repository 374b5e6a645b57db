"""The section `sample` of params.yaml."""

from typing import Annotated

from pydantic import Field

from pipeline.core.schema import Count, Section, Seed

FEWEST_EVENTS = 3
"""Of a video."""


class SampleParams(Section):
    """The embedded sample."""

    SECTION = "sample"

    train_videos: Count = Field(description="videos, >= 1")
    val_videos: Count = Field(description="videos, >= 1")
    test_videos: Count = Field(description="videos, >= 1; chance R@1 is 100 / test_videos per cent")
    seed: Seed = Field(description="integer >= 0: what happens in the videos")
    spoken_queries: Annotated[int, Field(ge=0, le=FEWEST_EVENTS)] = Field(
        description="0 to 3: so many queries more a video with subtitles, each for what is said there and not shown"
    )
