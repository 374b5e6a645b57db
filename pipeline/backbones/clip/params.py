"""The section `clip` of params.yaml."""

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.core.schema import Count, Precision, StreamSection

RANDOM, NONE = "random", "none"
HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
COMMIT = re.compile("[0-9a-f]{40}")


class ClipParams(StreamSection):
    """Image features of CLIP, SigLIP or SigLIP 2; `query_text.encoder: clip` reads the text side of the same model."""

    SECTION = "clip"
    BY_DEFAULT = False

    model: str = Field(
        description="random (tiny) | id on huggingface.co of a CLIP, SigLIP or SigLIP 2 model (docs/clip.md) | path of "
        "a folder with its files"
    )
    revision: str = Field(
        description="none, for random and for a folder | the 40 digits of the model's commit on huggingface.co"
    )
    frames_per_second: Annotated[float, Field(gt=0)] = Field(description="frames a second, > 0; at least one a clip")
    pooling: Literal["mean", "max"] = Field(
        description="mean | max: over the L2-normalised vectors of a clip's frames; the row is L2-normalised again"
    )
    precision: Precision = Field(
        description="float32 | bfloat16: products of matrices on a GPU only; other features, so other store entries"
    )
    batch_frames: Count = Field(description="frames a forward pass, >= 1; batches never mix videos")

    @property
    def on_hub(self) -> bool:
        """Whether the model is one of huggingface.co: a folder's path has a dot, a slash or a tilde in front."""
        return self.model != RANDOM and HUB_ID.fullmatch(self.model) is not None

    @model_validator(mode="after")
    def _pinned(self):
        if self.on_hub and not COMMIT.fullmatch(self.revision):
            raise ValueError(
                f"revision ({self.revision}) must be the 40 digits of a commit of {self.model}, so that the model "
                f"cannot change: docs/clip.md has those of some models, "
                f"https://huggingface.co/{self.model}/commits/main has all; for a folder with copies of its files, "
                f"write its path as ./{self.model}"
            )
        if not self.on_hub and self.revision != NONE:
            raise ValueError(f"revision must be `none` with `model: {self.model}`, which is no id on huggingface.co")
        return self
