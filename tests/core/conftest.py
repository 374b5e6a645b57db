"""A project of one stage, whose processes end with the test."""

from collections.abc import Callable, Iterator

import pytest
from helpers.tiny import TinyProject


@pytest.fixture
def make_project(tmp_path) -> Iterator[Callable[..., TinyProject]]:
    made: list[TinyProject] = []

    def make(name: str = "project", **options: str) -> TinyProject:
        made.append(TinyProject(tmp_path / name, **options))
        return made[-1]

    yield make
    for project in made:
        project.close()
