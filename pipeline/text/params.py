"""The sections `query_text` and `subtitle_text` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.core.schema import Section

CLIP: Literal["clip"] = "clip"
SENTENCE = "sentence"


class QueryTextParams(Section):
    """What encodes a query, and how much of it is read."""

    SECTION = "query_text"

    encoder: Literal["roberta", "clip"] = Field(
        description="roberta: the model of `text` | clip: the text side of the model of `clip`, whose space is that of "
        "the stream clip"
    )
    clip_output: Literal["sentence", "tokens"] = Field(
        description="sentence: one vector a query | tokens: a state for each token; read with encoder: clip only"
    )
    max_tokens: Annotated[int, Field(ge=4, le=512)] = Field(
        description="token ids a query of roberta, 4 to 512, the two specials included; rows a query of a feature "
        "pack; longer queries are cut, and counted; clip reads as many as its tower has positions"
    )


class SubtitleTextParams(Section):
    """How much of the subtitles the model reads at once, and which of them a clip is given."""

    SECTION = "subtitle_text"

    max_tokens: Annotated[int, Field(ge=4, le=512)] = Field(
        description="token ids a context of joined sentences, 4 to 512, the two specials included"
    )
    pooling: Literal["own_cues", "published_run"] = Field(
        description="own_cues: a clip is given the cues that are shown in it | published_run: all from its first to "
        "its last in file order, as TVR's published features"
    )
