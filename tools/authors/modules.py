"""Finds the authors.py of a model, which says how our model is compared with the code of its authors.

A model whose authors published code has that file in its folder; nothing else has to name the model. Test:
tests/tools/test_authors.py.
"""

from importlib import import_module
from typing import cast

from pipeline.core.plugins import names
from pipeline.models.common.fixtures import Authors


def models_with_authors() -> list[str]:
    """List the names of the models that have an authors.py, in alphabetical order."""
    return names("models", "authors")


def authors_of(model: str) -> Authors | None:
    """Import the authors.py of a model; None where it has none."""
    if model not in models_with_authors():
        return None
    return cast(Authors, import_module(f"pipeline.models.{model}.authors"))
