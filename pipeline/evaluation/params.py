"""The section `evaluate` of params.yaml."""

from typing import Literal

from pydantic import Field

from pipeline.core.schema import Section


class EvaluateParams(Section):
    """How what was ranked is answered."""

    SECTION = "evaluate"

    answer: Literal["auto", "model", "window"] = Field(
        description="the span within a video: model: the model's own | window: a share of the video around the best "
        "clip, its width chosen on the selection split | auto: the better of the two on that split"
    )
