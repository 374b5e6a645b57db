"""The section `evaluate` of params.yaml."""

from typing import Literal

from pydantic import Field

from pipeline.core.schema import Section


class EvaluateParams(Section):
    """How the model is evaluated: which span within a video is the answer."""

    SECTION = "evaluate"

    answer: Literal["auto", "model", "window"] = Field(
        description="the span within a video: model: the model's own | window: a share of the video around the best "
        "clip, its width chosen on the selection split | auto: the better of the two on that split"
    )
