"""Models by name. Only the chosen model's file is imported, so that a stage depends on that one alone."""

from importlib import import_module

from pipeline.core.sections import Recipe
from pipeline.models.common.interface import RetrievalModel

CLASSES = {"amdnet": "AMDNet", "gmmformer": "GMMFormer", "ms_sl": "MSSL", "cca": "CCA"}


def build(name: str, video_size: int, query_size: int, recipe: Recipe, max_query_tokens: int) -> RetrievalModel:
    """The model `name` (a file of pipeline/models) for features of these sizes, with torch's own initial weights."""
    model = getattr(import_module(f"pipeline.models.{name}.model"), CLASSES[name])
    return model(video_size, query_size, recipe, max_query_tokens)
