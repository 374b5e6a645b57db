"""Loads weights under the authors' names into our model. Test: tests/tools/test_author_weights.py."""

from collections.abc import Mapping

from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.models.common.interface import RetrievalModel


def author_name_of(names: Mapping[str, str], parameter: str) -> str:
    """Return the authors' name of a parameter of our model; names: `NAMES` of the model's authors.py."""
    module, _, leaf = parameter.rpartition(".")
    return f"{names[module]}.{leaf}"


def load_author_weights(model: RetrievalModel, names: Mapping[str, str], state: Mapping[str, Tensor]) -> None:
    """Copy the authors' state dict `state` into `model`; tensors that the model has no place for are ignored.

    names: `NAMES` of the model's authors.py. Where a position table has more rows than ours, the first ones are copied.
    Raises PipelineError, which names what does not fit.
    """
    weights, problems = {}, []
    for name, ours in model.named_parameters():
        author_name = author_name_of(names, name)
        theirs = state.get(author_name)
        if theirs is None:
            problems.append(f"{author_name} is missing")
            continue
        if name.endswith("table.weight"):
            theirs = theirs[: len(ours)]
        if theirs.shape != ours.shape:
            problems.append(f"{author_name} is {tuple(theirs.shape)}, not {tuple(ours.shape)}")
        weights[name] = theirs
    if problems:
        raise PipelineError(f"not the weights of this {type(model).__name__}: " + "; ".join(problems))
    model.load_state_dict({**model.state_dict(), **weights})
