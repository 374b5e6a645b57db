"""What a model's authors.py must define, and functions that several of them share.

An authors.py lets `amdnet parity` compare our model with the published code: a parity fixture is a file that holds the
authors' weights, some inputs, and the results of their code for them; authors.py builds our model for a fixture and
computes the same results. Test: tests/tools/test_parity.py.
"""

from collections.abc import Callable
from typing import Any, Protocol

from torch import Tensor

from pipeline.corpus.annotated import NO_CLIP
from pipeline.corpus.videos import Videos
from pipeline.models.common.interface import RetrievalModel
from pipeline.models.common.recipe import FrameRecipe

Arrays = dict[str, Tensor]


class Authors(Protocol):
    """What a model's authors.py defines.

    NAMES: maps the names of our modules that have weights to the authors' names. OWN_WEIGHT: the authors' name of a
    weight that no other model has; a fixture that holds it is one of this model. TRAINING_RATE: the learning rate of
    the training steps in this model's fixtures, None where they hold none.
    """

    NAMES: dict[str, str]
    OWN_WEIGHT: str
    TRAINING_RATE: float | None

    def build(self, weights: Arrays, inputs: Arrays, meta: Arrays) -> RetrievalModel:
        """Build our model in the sizes of a fixture's arrays; its weights do not matter, they are replaced."""
        ...

    def results(self, model: RetrievalModel, inputs: Arrays) -> Arrays:
        """Compute the results that a fixture may expect, except those of training, by their names in it."""
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
"""The values of a recipe that change no result of a fixture, or are the same in the code of all authors."""

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
    """Build a model of clips and frames in the sizes of the fixture, with the authors' recipe for TVR.

    Its triplet losses take the hardest negatives from the first epoch on. kind: the model's class. own: the values that
    only this model's recipe has.
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
    """Put a fixture's videos together: clips and frames, or clips alone where the fixture has no frames."""
    clips = inputs["clips"]
    if "frames" not in inputs:
        return Videos(clips, clips[:, :0], clips.new_ones(len(clips), 0).bool())
    return Videos(clips, inputs["frames"], inputs["frame_mask"].bool())


def no_spans(labels: Tensor) -> Tensor:
    """Make the moments (Q, 2) of queries with labels (Q,) whose spans nobody knows; the authors use none."""
    return labels.new_full((len(labels), 2), NO_CLIP)


def query_tokens(model: Any, inputs: Arrays) -> Tensor:
    """Compute the encoded tokens (Q, T, d) of a fixture's queries before they are pooled, in a model's QueryEncoder."""
    encoder = model.query_encoder
    return encoder.attention(encoder.embedding(inputs["query"]), inputs["query_mask"].bool())


def score(model: Any, query: Tensor, index: Any, clip_weight: float) -> Tensor:
    """Compute the scores (Q, V) with another `clip_weight`; with 1 they are those of the clip branch alone."""
    recipe, model.recipe = model.recipe, model.recipe.model_copy(update={"clip_weight": clip_weight})
    scores = model.score(query, index).score
    model.recipe = recipe
    return scores


def losses(model: Any, query: Tensor, encoding: Any, labels: Tensor, name: str, changes: dict[str, float]) -> Arrays:
    """Compute the losses with some values of the recipe changed, under the names `<name>.<loss>` of the fixtures."""
    recipe, model.recipe = model.recipe, model.recipe.model_copy(update=changes)
    terms = model.losses(query, encoding, labels, no_spans(labels), epoch=1)
    model.recipe = recipe
    return {f"{name}.{LOSS_NAMES.get(term, term)}": loss for term, loss in terms.items()}
