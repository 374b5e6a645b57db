"""A trained localizer on disk: built again as it was; one that is not trained leaves files without content."""

import pytest
import torch
from helpers.localizers import small_recipe

from pipeline.core.errors import MAKE_ANEW, PipelineError
from pipeline.core.files import read_json
from pipeline.localizers.common import trained, untrained

SIZES = {"video_size": 6, "query_size": 5, "subtitle_size": 5, "max_query_tokens": 7}


def saved(folder) -> torch.nn.Module:
    recipe = small_recipe()
    network = trained.build("prem", recipe, SIZES)
    trained.save(folder, network, {"localizer": "prem", "recipe": recipe.model_dump(), **SIZES})
    return network


def test_what_is_saved_is_loaded(tmp_path):
    network = saved(tmp_path)
    again, config = trained.load(tmp_path)
    assert not again.training and config["subtitle_size"] == 5 and again.recipe == network.recipe
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in network.state_dict().items())
    first = (tmp_path / trained.WEIGHTS).read_bytes()
    trained.save(tmp_path, again, config)
    assert (tmp_path / trained.WEIGHTS).read_bytes() == first


def test_one_that_is_not_trained_has_no_weights(tmp_path):
    assert trained.is_trained("prem") and not trained.is_trained("moments")
    untrained.save(tmp_path, {"localizer": "moments", "recipe": {}})
    assert (tmp_path / trained.WEIGHTS).stat().st_size < 100
    assert read_json(tmp_path / trained.CONFIG)["localizer"] == "moments"


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda path: path.unlink(), "the file does not exist"),
        (lambda path: path.write_bytes(b"nothing"), "not the weights"),
        (lambda path: untrained.save(path.parent, read_json(path.parent / trained.CONFIG)), "not the weights"),
    ],
)
def test_weights_that_are_not_there_or_do_not_fit_are_named(tmp_path, damage, cause):
    saved(tmp_path)
    damage(tmp_path / trained.WEIGHTS)
    with pytest.raises(PipelineError, match=cause) as error:
        trained.load(tmp_path)
    assert error.value.fix == MAKE_ANEW
