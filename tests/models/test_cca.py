"""CCA: the directions are those of the definition, and re-fitting finds the clip that a query is about."""

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.corpus.videos import Videos
from pipeline.models.cca.model import CCA
from pipeline.models.cca.recipe import CCARecipe
from pipeline.models.common.correlation import CORRELATION_POWER, RIDGE, ROUNDS, Covariance
from pipeline.models.common.recipe_file import MODELS


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def correlated(pairs: int = 4000) -> tuple[torch.Tensor, torch.Tensor]:
    """Mixed vectors of sizes 5 and 4 that share two hidden variables, one closely (0.96) and one loosely (0.5)."""
    shared = normal(pairs, 2)
    noise = torch.tensor([0.2, 1.0], dtype=torch.float64)
    video = torch.cat([shared + noise * normal(pairs, 2, seed=1), normal(pairs, 3, seed=2)], dim=1)
    query = torch.cat([shared + noise * normal(pairs, 2, seed=3), normal(pairs, 2, seed=4)], dim=1)
    return video @ normal(5, 5, seed=5) + 7, query @ normal(4, 4, seed=6) - 3


def covariance_of(video: torch.Tensor, query: torch.Tensor) -> Covariance:
    pairs = Covariance(video.shape[1], query.shape[1], torch.device("cpu"))
    for block in range(0, len(video), 1000):
        pairs.add(video[block : block + 1000], query[block : block + 1000])
    return pairs


def test_the_directions_are_uncorrelated_of_variance_one_and_correlate_pairwise():
    video, query = correlated()
    found = covariance_of(video, query).directions(ridge=1e-9)
    assert found.correlation.tolist() == pytest.approx([0.96, 0.5, 0, 0], abs=0.06)
    mapped = torch.cat([(video - video.mean(dim=0)) @ found.video, (query - query.mean(dim=0)) @ found.query], dim=1)
    expected = torch.eye(8, dtype=torch.float64)
    expected[:4, 4:] = expected[4:, :4] = torch.diag(found.correlation)
    assert torch.allclose(mapped.T @ mapped / len(mapped), expected, atol=1e-5)


@pytest.mark.parametrize("pairs", [7, 40, 50, 51])  # the most that count as few are 50
def test_few_pairs_give_the_directions_of_their_covariance(pairs):
    video, query = normal(pairs, 200) + 1, normal(pairs, 4, seed=1) - 2
    query[:, 0] += video[:, 0]
    found = covariance_of(video, query).directions(ridge=0.3)
    products = torch.cov(torch.cat([video, query], dim=1).T, correction=0)
    parts = [products[:200, :200], products[200:, 200:]]
    ridged = [part + 0.3 * part.diagonal().mean() * torch.eye(len(part)) for part in parts]
    for directions, part in zip((found.video, found.query), ridged, strict=True):
        assert torch.allclose(directions.T @ part @ directions, torch.eye(4).double(), atol=1e-9)
    between = found.video.T @ products[:200, 200:] @ found.query
    assert torch.allclose(between, torch.diag(found.correlation), atol=1e-9)
    squares = torch.linalg.solve(ridged[1], products[200:, :200]) @ torch.linalg.solve(ridged[0], products[:200, 200:])
    expected = torch.linalg.eigvals(squares).real.sqrt().sort(descending=True).values
    assert torch.allclose(found.correlation, expected, atol=1e-9)


def test_a_feature_that_never_varies_gets_no_weight():
    video, query = correlated()
    found = covariance_of(torch.cat([video, torch.full((len(video), 1), 3.0)], dim=1), query).directions(ridge=0.1)
    assert torch.isfinite(found.video).all() and found.video[-1].abs().max() < 1e-6


def test_features_that_do_not_vary_at_all_are_an_error():
    with pytest.raises(PipelineError, match="raise the recipe's `ridge`"):
        covariance_of(torch.ones(100, 5, dtype=torch.float64), correlated(100)[1]).directions(ridge=0.1)


def corpus(videos: int = 300) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Clips (V, 6, 8), two queries a video (Q, 1, 6), each about one clip's first four features, mask and labels."""
    clips = normal(videos, 6, 8).float()
    labels = torch.arange(videos).repeat_interleave(2)
    named = clips[labels, torch.arange(len(labels)) % 6, :4]
    query = torch.cat([named, normal(len(labels), 2, seed=1).float()], dim=1)[:, None]
    return clips, query, torch.ones(len(labels), 1, dtype=torch.bool), labels


def test_another_fit_pairs_queries_with_their_clips():
    recipe = CCARecipe(clips=6, epochs=3, dimensions=4, ridge=0.01, correlation_power=1.0)
    model = CCA(8, 6, recipe)
    clips, query, mask, labels = corpus()
    first = model.solve(clips, query, mask, labels, refit=False)
    later = [model.solve(clips, query, mask, labels, refit=True) for _ in range(4)]
    assert first < 0.6 and later[-1] > 0.9
    mapped = model.encode_query(query, mask)
    scores = model.score(
        mapped, model.index(model.encode_video(Videos(clips, clips[:, :0], torch.ones(len(clips), 0))))
    )
    assert (scores.position(labels[:, None])[:, 0] == torch.arange(len(labels)) % 6).float().mean() > 0.9


def test_more_dimensions_than_features_are_as_many_as_there_are():
    recipe = CCARecipe(clips=6, epochs=1, dimensions=128, ridge=0.1, correlation_power=0.0)
    assert CCA(8, 6, recipe).query_map.weight.shape == (6, 6)


def test_more_dimensions_than_pairs_say_nothing():
    model = CCA(80, 70, CCARecipe(clips=2, epochs=1, dimensions=60, ridge=0.1, correlation_power=1.0))
    clips, query = normal(10, 2, 80).float(), normal(10, 1, 70, seed=1).float()
    correlation = model.solve(clips, query, torch.ones(10, 1, dtype=torch.bool), torch.arange(10), refit=False)
    assert 0 < correlation < 9 / 60  # ten pairs differ in nine directions
    for linear in (model.video_map, model.query_map):
        assert linear.weight[:9].norm(dim=1).min() > 0.01 and linear.weight[9:].abs().max() < 1e-6
        assert linear.bias[9:].abs().max() < 1e-6


def test_what_others_start_from_is_the_baseline_of_the_default_recipe():
    recipe = MODELS.load("cca", "default", "folder")
    assert (recipe.epochs, recipe.ridge, recipe.correlation_power) == (ROUNDS, RIDGE, CORRELATION_POWER)
