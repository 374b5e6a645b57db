"""The section `train` of params.yaml."""

from pydantic import Field

from pipeline.core.schema import Section, Seed


class TrainParams(Section):
    """The training settings that are the same for all models."""

    SECTION = "train"

    seed: Seed = Field(description="integer >= 0: initial weights, dropout, order of the videos")
    shuffle_queries: bool = Field(
        description="true: control run, the training queries are given to other videos; results must fall to chance"
    )
    reuse: str = Field(
        description="none: the model is trained here | folder of a trained model, outputs/index or outputs/model of "
        "another project: that model is used; the other parameters must be those it was trained with"
    )
