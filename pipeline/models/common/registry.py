"""Models by name. Only the chosen model's folder is imported, so that a stage depends on that one alone."""

from collections.abc import Callable
from importlib import import_module

from pipeline.core.plugins import only_class
from pipeline.core.recipe import Recipe
from pipeline.models.common.interface import RetrievalModel


def build(name: str, video_size: int, query_size: int, recipe: Recipe, max_query_tokens: int) -> RetrievalModel:
    """The model in pipeline/models/`name`/model.py for features of these sizes, with torch's own initial weights."""
    model_class: Callable[..., RetrievalModel] = only_class(
        import_module(f"pipeline.models.{name}.model"), RetrievalModel
    )
    return model_class(video_size, query_size, recipe, max_query_tokens)
