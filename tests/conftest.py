"""What all tests share: how many examples the property tests try, and which files of tests come first.

The examples are the same ones in every run, so that what passed once passes again. `pytest --hypothesis-profile=search`
looks for new ones, many more of them.
"""

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, database=None, deadline=None, max_examples=100)
settings.register_profile("search", database=None, deadline=None, max_examples=5000)
settings.load_profile("same")

LONG = {"end_to_end", "chaos"}
"""The folders whose files take longest. They come first, so that no process is left alone with one in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.parent.name not in LONG)
