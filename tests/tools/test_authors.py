"""The authors modules are found by the names of the models, and each knows its own fixtures from those of others."""

import pytest

from tools.authors.modules import authors_of, models_with_authors


def test_the_models_whose_authors_published_code_are_found():
    assert models_with_authors() == ["amdnet", "gmmformer", "ms_sl"]


@pytest.mark.parametrize("name", ["cca", "nothing", "../amdnet"])
def test_a_model_without_authors_code_has_no_module(name):
    assert authors_of(name) is None


def test_the_own_weight_of_a_model_is_in_no_other_model(make_model):
    names = models_with_authors()
    for name in names:
        module = authors_of(name).OWN_WEIGHT.removesuffix(".weight")
        assert [other for other in names if module in authors_of(other).NAMES.values()] == [name]
