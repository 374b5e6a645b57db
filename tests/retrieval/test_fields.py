"""Fields come back as they were, and others than those of the example are refused."""

from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.retrieval.fields import named, restored


class Pair(NamedTuple):
    first: torch.Tensor
    second: torch.Tensor


PAIR = Pair(torch.ones(4, 3), torch.zeros(4, dtype=torch.bool))
EXAMPLE = Pair(torch.empty(1, 3), torch.empty(1, dtype=torch.bool))


def test_fields_come_back_and_those_of_another_prefix_stay_out():
    tensors = {**named(PAIR, "a."), "b.third": torch.ones(1)}
    assert set(tensors) == {"a.first", "a.second", "b.third"}
    assert all(map(torch.equal, restored(tensors, "a.", EXAMPLE, 4, Path("f"), "make it anew"), PAIR))


@pytest.mark.parametrize(
    "changes", [{"first": torch.ones(4, 2)}, {"second": torch.zeros(4)}, {"third": torch.ones(4)}, {"first": None}]
)
def test_other_names_shapes_or_types_are_refused(changes):
    tensors = {**named(PAIR, "a."), **{f"a.{name}": value for name, value in changes.items()}}
    tensors = {name: value for name, value in tensors.items() if value is not None}
    with pytest.raises(PipelineError, match="not what this version"):
        restored(tensors, "a.", EXAMPLE, 4, Path("f"), "make it anew")
