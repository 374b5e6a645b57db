"""Small models, the authors' numbers, and `amdnet` run within the test."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from helpers.models import make_model, queries, videos
from helpers.parity import parity_path
from typer.testing import CliRunner, Result

from pipeline.models.amdnet.authors import NAMES
from tools.authors.weights import author_name_of
from tools.command import app

__all__ = ["make_model", "queries", "videos"]


@pytest.fixture
def amdnet() -> Callable[..., Result]:
    """amdnet("compare", path, ...) -> exit status, stdout and stderr; an error that nothing reports is raised."""

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture(scope="session")
def parity() -> Path:
    """The folder of the parity fixtures."""
    return parity_path()


@pytest.fixture
def author_state(make_model) -> dict[str, torch.Tensor]:
    """The weights of a small AMDNet under the authors' names, the position tables longer than ours."""
    renamed = {}
    for name, parameter in make_model().named_parameters():
        tensor = parameter.detach()
        longer = torch.cat([tensor, torch.ones(5, tensor.shape[1])]) if name.endswith("table.weight") else tensor
        renamed[author_name_of(NAMES, name)] = longer
    return renamed
