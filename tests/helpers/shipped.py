"""The parameters as this project ships them, whatever the user has set in his own params.yaml.

Tests read these alone. Who adds or removes a parameter copies params.yaml here, as it is to be shipped.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.errors import PipelineError
from pipeline.core.params import check_all
from pipeline.settings.check import schemas

PARAMS = Path(__file__).with_name("shipped_params.yaml")


def shipped() -> dict[str, Any]:
    """Return a mapping of all parameters, to be changed at will."""
    document: dict[str, Any] = yaml.safe_load(shipped_text())
    return document


@cache
def shipped_text() -> str:
    """Return the file; an assertion says what to do where it is not that of the schemas."""
    try:
        check_all(schemas(), PARAMS)
    except PipelineError as error:
        raise AssertionError(f"copy params.yaml to {PARAMS}, as it is to be shipped: {error}") from None
    return PARAMS.read_text(encoding="utf-8")
