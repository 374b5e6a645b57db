"""The section `sample` of params.yaml."""

from pydantic import Field

from pipeline.core.schema import Count, Section, Seed


class SampleParams(Section):
    """The embedded sample."""

    SECTION = "sample"

    train_videos: Count = Field(description="videos, >= 1")
    val_videos: Count = Field(description="videos, >= 1")
    test_videos: Count = Field(description="videos, >= 1; chance R@1 is 100 / test_videos per cent")
    seed: Seed = Field(description="integer >= 0: what happens in the videos")
