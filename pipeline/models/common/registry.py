"""Builds models by name, and imports the folder of the chosen model alone, so that a stage depends on no other."""

from collections.abc import Callable
from importlib import import_module

from pipeline.core.plugins import only_class
from pipeline.core.recipe import Recipe
from pipeline.models.common.interface import RetrievalModel


def build(
    name: str, video_size: int, query_size: int, recipe: Recipe, max_query_tokens: int, subtitle_size: int = 0
) -> RetrievalModel:
    """Build the model in pipeline/models/`name`/model.py, with torch's own initial weights.

    video_size, query_size: D_v and D_q, the sizes of a clip's vector and of a token's. max_query_tokens: the most
    tokens that a query can have. subtitle_size: D_s, the size of a row of subtitles, 0 where there are none; a model is
    given it where its recipe names `subtitle` among its modalities.
    """
    model_class: Callable[..., RetrievalModel] = only_class(
        import_module(f"pipeline.models.{name}.model"), RetrievalModel
    )
    own = {"subtitle_size": subtitle_size} if "subtitle" in recipe.modalities else {}
    return model_class(video_size, query_size, recipe, max_query_tokens, **own)
