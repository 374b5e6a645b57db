"""The sections of params.yaml as types: one class a section, no unknown keys, no silent conversion of types.

Units and allowed values stand in params.yaml beside each key. Test: tests/core/test_params.py.
"""

from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Dataset = Literal["sample", "folder", "tvr", "activitynet", "charades", "didemo", "qvhighlights", "pack"]
ModelName = Literal["amdnet", "gmmformer", "ms_sl", "cca"]
Fraction = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Pixels = Annotated[int, Field(ge=32, le=512)]
Precision = Literal["float32", "bfloat16"]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Weight = Annotated[float, Field(ge=0)]
STEADY_UNITS = 4  # hidden units that `start: cca` keeps to itself


class Section(BaseModel):
    """A section of params.yaml: frozen, complete, no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _seconds_or_word(value: Any) -> Any:
    is_seconds = type(value) in (int, float) and 0 < value < float("inf")
    if not is_seconds and value not in ("auto", "none"):
        raise ValueError("it is neither auto, nor none, nor a number of seconds above 0")
    return value


class PrepareParams(Section):
    """How annotations become the manifest; units and allowed values: params.yaml."""

    val_fraction: Annotated[float, Field(ge=0, le=0.5)]
    test_fraction: Annotated[float, Field(ge=0, le=0.5)]
    split_seed: Seed
    max_failed_fraction: Fraction
    max_seconds: Annotated[Any, AfterValidator(_seconds_or_word)]
    subtitle_language: str


class SampleParams(Section):
    """The embedded sample."""

    train_videos: Count
    val_videos: Count
    test_videos: Count
    seed: Seed


class PackParams(Section):
    """Which features of a published pack are read, and how long a row is."""

    video_features: str
    query_features: str
    row_seconds: Annotated[float, Field(gt=0)]


class DecodeParams(Section):
    """When a decoder is taken to hang: after max(floor, factor * length of the video) seconds; what decord may hold."""

    deadline_floor: Annotated[float, Field(gt=0)]
    deadline_factor: Annotated[float, Field(gt=0)]
    max_ahead_mib: Count


class SlowFastParams(Section):
    """SlowFast R50 8x8 clip features."""

    sampling: Literal["full_clip", "published"]
    size: Pixels
    precision: Precision
    weights: str
    batch_clips: Count
    max_failed_fraction: Fraction


class ResNetParams(Section):
    """ResNet-152 clip features."""

    sampling: Literal["middle", "uniform", "published"]
    frames_per_second: Annotated[float, Field(gt=0)]
    pooling: Literal["max", "mean"]
    size: Pixels
    precision: Precision
    weights: str
    batch_frames: Count
    max_failed_fraction: Fraction


class TextParams(Section):
    """Tokenizer and RoBERTa model of queries and subtitles."""

    tokenizer: str
    weights: str
    layers: Annotated[int, Field(ge=2)]
    hidden: Count
    heads: Count

    @model_validator(mode="after")
    def _heads_divide(self):
        if self.hidden % self.heads:
            raise ValueError(f"hidden ({self.hidden}) must be a multiple of heads ({self.heads})")
        return self


class QueryTextParams(Section):
    """What is read of a query."""

    max_tokens: Annotated[int, Field(ge=4, le=512)]


class SubtitleTextParams(Section):
    """What is read of subtitles at once, and which of it a clip is given."""

    max_tokens: Annotated[int, Field(ge=4, le=512)]
    pooling: Literal["own_cues", "published_run"]


class FeaturesParams(Section):
    """How the stored streams become one clip vector; `load` has put what the data set has in the place of `auto`."""

    streams: Annotated[list[Literal["resnet", "slowfast", "subtitle", "pack"]], Field(min_length=1)]
    normalize: Literal["standard", "stream", "joint", "none"]

    @model_validator(mode="after")
    def _each_once(self):
        if len(set(self.streams)) < len(self.streams):
            raise ValueError(f"a stream is named twice in {self.streams}")
        return self


class TrainParams(Section):
    """What training shares over all models."""

    seed: Seed
    shuffle_queries: bool


class Recipe(Section):
    """What the recipes of all models have; besides, `query_form`, and `frames`, the most frame rows of a video."""

    clips: Count
    epochs: Count


class GradientRecipe(Recipe):
    """What the models share that are trained by gradient descent."""

    start: Literal["random", "cca"]
    hidden: Count
    input_dropout: Dropout
    dropout: Dropout
    learning_rate: Annotated[float, Field(gt=0)]
    warmup: Dropout
    weight_decay: Weight
    batch_videos: Annotated[int, Field(ge=2)]
    patience_steps: Count | None
    retrieval_scale: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _room_to_start(self):
        if self.start == "cca" and self.hidden < STEADY_UNITS + 2:
            raise ValueError(f"hidden ({self.hidden}) must be at least {STEADY_UNITS + 2} with `start: cca`")
        return self


class AMDNetRecipe(GradientRecipe):
    """Hyperparameters of AMDNet on one data set (Song et al., IEEE TMM 2025); it looks at no frames."""

    frames: ClassVar[int] = 0

    query_form: Literal["token", "sentence"]
    moments: Count
    retrieval_weight: Weight
    diversity_weight: Weight
    diversity_alpha: float
    relevance_weight: Weight
    relevance_margin: float

    @model_validator(mode="after")
    def _moments_divide(self):
        if self.hidden % self.moments:
            raise ValueError(f"hidden ({self.hidden}) must be a multiple of moments ({self.moments})")
        return self


class FrameRecipe(GradientRecipe):
    """What the models share that look at clips and frames."""

    query_form: ClassVar[str] = "token"

    heads: Count
    frames: Count
    clip_weight: Fraction
    margin: Weight
    clip_retrieval_weight: Weight
    frame_retrieval_weight: Weight
    hard_start: Annotated[int, Field(ge=0)]
    hard_pool: Count

    @model_validator(mode="after")
    def _heads_divide(self):
        if self.hidden % self.heads:
            raise ValueError(f"hidden ({self.hidden}) must be a multiple of heads ({self.heads})")
        return self


class GMMFormerRecipe(FrameRecipe):
    """Hyperparameters of GMMFormer on one data set (Wang et al., AAAI 2024)."""

    window: Literal["own_length", "padded"]
    query_diversity_weight: Weight
    query_diversity_alpha: Weight
    query_diversity_delta: float


class MSSLRecipe(FrameRecipe):
    """Hyperparameters of MS-SL on one data set (Dong et al., ACM MM 2022)."""


class CCARecipe(Recipe):
    """Parameters of the linear baseline, which is solved in closed form; it looks at no frames."""

    frames: ClassVar[int] = 0
    query_form: ClassVar[str] = "sentence"

    dimensions: Count
    ridge: Annotated[float, Field(gt=0)]
    correlation_power: Weight


class EvaluateParams(Section):
    """How what was ranked is answered."""

    answer: Literal["auto", "model", "window"]


class ReportParams(Section):
    """The HTML report."""

    examples: Annotated[int, Field(ge=0)]


RECIPES: dict[str, type[Recipe]] = {
    "amdnet": AMDNetRecipe,
    "gmmformer": GMMFormerRecipe,
    "ms_sl": MSSLRecipe,
    "cca": CCARecipe,
}

SECTIONS: dict[str, Any] = {
    "dataset": Dataset,
    "source": str,
    "model": ModelName,
    "protocol": Literal["honest", "published"],
    "clip_seconds": Annotated[float, Field(gt=0)],
    "prepare": PrepareParams,
    "sample": SampleParams,
    "pack": PackParams,
    "decode": DecodeParams,
    "slowfast": SlowFastParams,
    "resnet": ResNetParams,
    "text": TextParams,
    "query_text": QueryTextParams,
    "subtitle_text": SubtitleTextParams,
    "features": FeaturesParams,
    "train": TrainParams,
    "recipes": dict[str, dict[str, Any]],
    "evaluate": EvaluateParams,
    "report": ReportParams,
}

DATASETS: tuple[str, ...] = get_args(Dataset)
