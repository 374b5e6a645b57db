"""Finds what a model says of the code of its authors: authors.py in the model's folder.

A model whose authors published code has one; nothing else has to name the model. Test: tests/tools/test_authors.py.
"""

from importlib import import_module
from typing import cast

from pipeline.core.plugins import names
from pipeline.models.common.fixtures import Authors


def models_with_authors() -> list[str]:
    """The names of the models that have an authors module, in alphabetical order."""
    return names("models", "authors")


def authors_of(model: str) -> Authors | None:
    """The authors module of a model; None where it has none."""
    if model not in models_with_authors():
        return None
    return cast(Authors, import_module(f"pipeline.models.{model}.authors"))
