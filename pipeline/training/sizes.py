"""Reads from the feature files the sizes that a model is built for. Test: tests/training/test_sizes.py."""

from pathlib import Path

from pipeline.core.recipe import Recipe
from pipeline.corpus.params import FeaturesParams
from pipeline.corpus.sources import Form, open_sources


def sizes_of(folder: Path, features: FeaturesParams, recipe: Recipe) -> dict[str, int | None]:
    """Read D_v, D_s and D_q, as the model reads them; None for those of which there are no features.

    folder: of the feature files. The size of queries is known without any, where a text encoder makes them.
    """
    with open_sources(folder, features, Form.of(recipe), recipe.subtitles) as sources:
        visual = [file.row_size for file in sources.visual]
        return {
            "video_size": None if None in visual else sum(size for size in visual if size),
            "subtitle_size": sources.subtitle_size,
            "query_size": sources.query_file.row_size,
        }
