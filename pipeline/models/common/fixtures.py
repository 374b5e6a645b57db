"""What the authors module of a model holds, and what several of them need to compute what a parity fixture expects.

A fixture holds the authors' weights, inputs, and the results of their code. Test: tests/tools/test_parity.py.
"""

from collections.abc import Callable
from typing import Any, Protocol

from torch import Tensor

from pipeline.corpus.videos import Videos
from pipeline.models.common.interface import RetrievalModel
from pipeline.models.common.recipe import FrameRecipe

Arrays = dict[str, Tensor]


class Authors(Protocol):
    """What the authors module of a model holds.

    NAMES: the names of our modules with weights -> the authors' names of them; OWN_WEIGHT: the authors' name of a
    weight that only this model has, which tells its fixtures from others; TRAINING_RATE: the learning rate of the
    steps of training in its fixtures, None where they hold none.
    """

    NAMES: dict[str, str]
    OWN_WEIGHT: str
    TRAINING_RATE: float | None

    def build(self, weights: Arrays, inputs: Arrays, meta: Arrays) -> RetrievalModel:
        """Build the model that a fixture is of, with the sizes of the fixture's arrays and any weights."""
        ...

    def results(self, model: RetrievalModel, inputs: Arrays) -> Arrays:
        """Compute every result that a fixture may expect, but for training, from its inputs, by its names."""
        ...


SHARED: dict[str, Any] = {
    "input_dropout": 0.0,
    "dropout": 0.0,
    "learning_rate": 3e-4,
    "warmup": 0.01,
    "weight_decay": 0.01,
    "batch_videos": 128,
    "epochs": 1,
    "patience_steps": 1,
    "start": "random",
    "retrieval_scale": 1.0,
}
"""The values of a recipe that change no result, or that the authors of all models share."""

LOSS_NAMES = {
    "retrieval_clip": "nce_clip",
    "retrieval_frame": "nce_frame",
    "query_diversity": "diverse",
}
"""What the fixtures call our losses, where the names differ."""


def frame_model(
    kind: Callable[..., RetrievalModel],
    recipe: type[FrameRecipe],
    own: dict[str, Any],
    weights: Arrays,
    inputs: Arrays,
    meta: Arrays,
) -> RetrievalModel:
    """Build a model of clips and frames of the fixture's sizes, its recipe TVR's with the hardest negatives.

    own: the values that only this model's recipe has.
    """
    hidden, heads = meta["hidden_heads"].tolist()
    chosen = recipe(
        **SHARED,
        hidden=hidden,
        heads=heads,
        clips=inputs["clips"].shape[1],
        frames=len(weights["frame_pos_embed.position_embeddings.weight"]),
        clip_weight=0.7,
        margin=0.1,
        frame_retrieval_weight=0.04,
        hard_start=0,
        hard_pool=1,
        **own,
    )
    sizes = (weights[f"{part}_input_proj.net.1.weight"].shape[1] for part in ("clip", "query"))
    return kind(*sizes, chosen, len(weights["query_pos_embed.position_embeddings.weight"]))


def videos_of(inputs: Arrays) -> Videos:
    """The videos of a fixture: its clips and frames, or its clips alone where it has no frames."""
    clips = inputs["clips"]
    if "frames" not in inputs:
        return Videos(clips, clips[:, :0], clips.new_ones(len(clips), 0).bool())
    return Videos(clips, inputs["frames"], inputs["frame_mask"].bool())


def query_tokens(model: Any, inputs: Arrays) -> Tensor:
    """The encoded words (Q, T, d) of a model with a QueryEncoder, before they are pooled."""
    encoder = model.query_encoder
    return encoder.attention(encoder.embedding(inputs["query"]), inputs["query_mask"].bool())


def score(model: Any, query: Tensor, index: Any, clip_weight: float) -> Tensor:
    """The scores (Q, V) with another weight of the clip branch; with 1 they are of that branch alone."""
    recipe, model.recipe = model.recipe, model.recipe.model_copy(update={"clip_weight": clip_weight})
    scores = model.score(query, index).score
    model.recipe = recipe
    return scores


def losses(model: Any, query: Tensor, encoding: Any, labels: Tensor, name: str, changes: dict[str, float]) -> Arrays:
    """The losses with hard negatives and some values of the recipe changed, under the names `<name>.<loss>`."""
    recipe, model.recipe = model.recipe, model.recipe.model_copy(update=changes)
    terms = model.losses(query, encoding, labels, epoch=1)
    model.recipe = recipe
    return {f"{name}.{LOSS_NAMES.get(term, term)}": loss for term, loss in terms.items()}
