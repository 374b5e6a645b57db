"""The benchmarks of PREM measure steps that train, and the products that a localizer computes."""

import pytest
import torch

from benchmarks import localizer_memory, prem, synthetic
from pipeline.models.common.recipe_file import RecipeFiles


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let the recipes have few units, and the features be narrow."""
    read = RecipeFiles.read

    def small_ones(self, *arguments):
        sizes = {"hidden": 32, "batch_videos": 2, "batch_queries": 4, "inner": 32}
        return {
            name: recipe.model_copy(update={key: size for key, size in sizes.items() if hasattr(recipe, key)})
            for name, recipe in read(self, *arguments).items()
        }

    monkeypatch.setattr(RecipeFiles, "read", small_ones)
    monkeypatch.setattr(prem, "keep_memory", lambda: None)
    monkeypatch.setattr(localizer_memory, "keep_memory", lambda: None)


@pytest.mark.parametrize(("name", "steps"), [("retriever", "2 of 3"), ("localizer", "2 of 8")])
def test_steps_are_timed_and_profiled(name, steps):
    row = prem.training(name, 6, 2, 1, 1, "cpu")
    assert row["steps timed"] == steps and row["compute of an epoch (s)"] > 0
    assert 0 < row["data (%)"] < 100 and 0 < row["matrix products (%)"] < 100


def test_localising_is_compared_with_its_own_products():
    row = prem.localizing(2, 1, "cpu")
    assert row["ratio"] > 1 and row["its matrix products alone (ms)"] > 0


def test_products_are_computed_once_more():
    left = torch.ones(2, 3)
    with prem.Products() as products:
        left @ torch.ones(3, 4)
        left.softmax(dim=1)
    assert [function.name() for function, _, _ in products.calls] == ["aten::mm"]
    with torch.inference_mode(), prem.Products() as whole:  # where operations are not taken apart
        torch.nn.functional.linear(left, torch.ones(4, 3))
        left @ torch.ones(3, 4)
    assert [function.name() for function, _, _ in whole.calls] == ["aten::linear", "aten::matmul"]


def test_a_pool_of_rows_stands_for_a_large_corpus():
    recipe = prem.localizer_recipe()
    corpus = synthetic.own_pace_corpus(200, recipe, 100)
    assert len(corpus.videos.frames) == 101 and int((corpus.videos.first + corpus.videos.counts).max()) <= 100
    assert corpus.query.shape == (1000, 20, 768) and len(corpus.spans) == 1000


def test_every_part_of_the_stage_is_measured():
    rows = [
        localizer_memory.of_negatives("prem", 4, 6),
        localizer_memory.of_training(4, 2),
        localizer_memory.of_selection(12, 6),
    ]
    assert len({tuple(row) for row in rows}) == 1
    assert all(row["with all queries (GiB)"] >= row["measured (GiB)"] >= 0 for row in rows)
