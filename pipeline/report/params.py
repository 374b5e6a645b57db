"""The section `report` of params.yaml."""

from typing import Annotated

from pydantic import Field

from pipeline.core.schema import Section


class ReportParams(Section):
    """What the HTML report shows."""

    SECTION = "report"

    examples: Annotated[int, Field(ge=0)] = Field(
        description="queries shown with frames and spans, at most half of them hits, half of them misses, >= 0"
    )
