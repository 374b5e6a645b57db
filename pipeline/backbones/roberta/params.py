"""The section `text` of params.yaml."""

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.core.schema import Count, NamesFile, Section, refuse_uneven


class TextParams(Section):
    """Tokenizer and RoBERTa model of queries and subtitles."""

    SECTION = "text"

    tokenizer: Annotated[str, NamesFile(("corpus", "roberta-base"))] = Field(
        description="corpus: byte-level BPE learned from the training queries | roberta-base | path of a folder with "
        "vocab.json and merges.txt"
    )
    weights: Annotated[str, NamesFile(("random", "pretrained"))] = Field(
        description="random | pretrained (roberta-base) | path of a folder with config.json and model.safetensors"
    )
    layers: Annotated[int, Field(ge=2)] = Field(
        description="Transformer layers, >= 2; read with weights: random only (roberta-base: 12)"
    )
    hidden: Count = Field(description="units, a multiple of heads; read with weights: random only (roberta-base: 768)")
    heads: Count = Field(description="attention heads, >= 1; read with weights: random only (roberta-base: 12)")

    @model_validator(mode="after")
    def _heads_divide(self):
        refuse_uneven("hidden", self.hidden, "heads", self.heads)
        return self
