"""The section `features` of params.yaml."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from pipeline.core.plugins import known, names
from pipeline.core.schema import Section

AUTO = "auto"
PACK, SUBTITLE = "pack", "subtitle"  # the streams that no visual backbone computes


def streams_there_are() -> list[str]:
    """List the names of all feature streams: those of the visual backbones, of feature packs, and of subtitles."""
    return [*names("backbones", "stream"), PACK, SUBTITLE]


def _streams(value: Any) -> Any:
    if value == AUTO:
        return value
    if not isinstance(value, list) or not value:
        raise ValueError("it is neither auto nor a list of streams")
    for stream in value:
        try:
            known(stream, streams_there_are())
        except ValueError as error:
            raise ValueError(f"`{stream}`: {error}") from None
    if len(set(value)) < len(value):
        raise ValueError("a stream is named twice")
    return value


class FeaturesParams(Section):
    """How the feature streams of a video become one vector a clip."""

    SECTION = "features"

    streams: Annotated[Any, AfterValidator(_streams)] = Field(
        description="auto: [pack] for a feature pack, else the visual streams that are read by default, by name | a "
        "list, concatenated in this order: visual streams, subtitle, none twice"
    )
    normalize: Literal["standard", "stream", "joint", "none"] = Field(
        description="standard: mean 0, deviation 1 over the training clips, which random backbones need where a recipe "
        "has `start: random`; as none for a model that needs no training | stream: each stream to L2 norm 1 a clip | "
        "joint: the whole vector to L2 norm 1 | none"
    )

    def reading(self, streams: list[str]) -> "FeaturesParams":
        """Return a copy that names these streams in the place of `auto`."""
        return self.model_copy(update={"streams": streams})
