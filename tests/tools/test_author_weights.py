"""The authors' state dicts: fitted by name, refused with a list of what is wrong."""

import pytest
import torch

from pipeline.core.errors import PipelineError
from tools.authors.modules import authors_of, models_with_authors
from tools.authors.weights import author_name_of, load_author_weights

NAMES = authors_of("amdnet").NAMES


def test_loading_cuts_position_tables_and_ignores_what_the_model_lacks(make_model, author_state):
    model = make_model()
    expected = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    load_author_weights(model, NAMES, {**author_state, "frame_encoder.unused.weight": torch.ones(1)})
    assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())


def test_everything_that_does_not_fit_is_named(make_model, author_state):
    del author_state["clip_encoder.fc_gauss.bias"]
    author_state["query_input_proj.net.1.weight"] = torch.ones(32, 11)
    with pytest.raises(PipelineError) as raised:
        load_author_weights(make_model(), NAMES, author_state)
    assert "clip_encoder.fc_gauss.bias is missing" in str(raised.value)
    assert "query_input_proj.net.1.weight is (32, 11), not (32, 10)" in str(raised.value)


@pytest.mark.parametrize("name", models_with_authors())
def test_every_parameter_has_its_own_author_name(make_model, name):
    model, known = make_model(name), authors_of(name).NAMES
    names = [author_name_of(known, parameter) for parameter, _ in model.named_parameters()]
    assert len(set(names)) == len(names)
    renamed = dict(zip(names, (parameter.detach().clone() for parameter in model.parameters()), strict=True))
    other = make_model(name)
    for parameter in other.parameters():
        torch.nn.init.zeros_(parameter)
    load_author_weights(other, known, renamed)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(model.parameters(), other.parameters(), strict=True))
