"""The section `prepare` of params.yaml."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from pipeline.core.schema import Section, Seed


def _seconds_or_word(value: Any) -> Any:
    is_seconds = type(value) in (int, float) and 0 < value < float("inf")
    if not is_seconds and value not in ("auto", "none"):
        raise ValueError("it is neither auto, nor none, nor a number of seconds above 0")
    return value


class PrepareParams(Section):
    """How annotations become the manifest."""

    SECTION = "prepare"

    val_fraction: Annotated[float, Field(ge=0, le=0.5)] = Field(
        description="share of videos, 0 to 0.5: for validation where the data set names no val split"
    )
    test_fraction: Annotated[float, Field(ge=0, le=0.5)] = Field(
        description="share of videos, 0 to 0.5: for testing where the data set names no splits at all"
    )
    split_seed: Seed = Field(description="integer >= 0: the seeded split by video")
    max_seconds: Annotated[Any, AfterValidator(_seconds_or_word)] = Field(
        description="seconds of each video that are used, > 0 | none: all | auto: as many as the data set annotates "
        "of any video, where it has such a limit, else all"
    )
    subtitle_language: str = Field(
        description="auto: a video's file without a language in its name, else its only language | a code (en, pt-BR) "
        "where videos have several; read for your own videos only"
    )
    video_ids: Literal["name", "path"] = Field(
        description="name: a video's id is its file's name without the extension | path: it says the folders too, "
        "`trip/a.mp4` is called `trip:a`; read for your own videos only"
    )
