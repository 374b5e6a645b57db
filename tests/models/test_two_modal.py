"""The encoders of two modalities: equal to the numbers of the relatives' code, and free of what is padding."""

import pytest
import torch
from helpers.parity import parity_arrays

from pipeline.models.common.two_modal import ModalPooling, TwoModalEncoder, WordEncoder

TOLERANCE = 1e-5  # of the largest value, as the fixtures ask


@pytest.fixture(scope="module")
def fixture() -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(values) for name, values in parity_arrays("prem_pieces.npz").items()}


def layer(weights: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Give the weights of a layer of the relative's code our names."""
    ours = {
        "attention.self.query": "layer.attention.query",
        "attention.self.key": "layer.attention.key",
        "attention.self.value": "layer.attention.value",
        "attention.output.dense": "layer.attention.output",
        "attention.output.LayerNorm": "layer.attention.norm",
        "intermediate.dense": "layer.inner",
        "output.dense": "layer.outer",
        "output.LayerNorm": "layer.norm",
    }
    named = {
        f"{own}.{kind}": weights[f"{prefix}.transformer.encoder.layer.0.{theirs}.{kind}"]
        for theirs, own in ours.items()
        for kind in ("weight", "bias")
    }
    table = f"{prefix}.transformer.embeddings"
    named["embedding.position.weight"] = weights[f"{table}.position_embeddings.weight"]
    named["embedding.modality.weight"] = weights[f"{table}.token_type_embeddings.weight"]
    return named | {f"embedding.norm.{kind}": weights[f"{table}.LayerNorm.{kind}"] for kind in ("weight", "bias")}


def projection(weights: dict[str, torch.Tensor], theirs: str, ours: str) -> dict[str, torch.Tensor]:
    return {
        f"{ours}.{own}.{kind}": weights[f"{theirs}.{part}.{kind}"]
        for part, own in (("LayerNorm", "norm"), ("net.1", "linear"))
        for kind in ("weight", "bias")
    }


def close(ours: torch.Tensor, expected: torch.Tensor) -> None:
    assert (ours - expected).abs().max() <= TOLERANCE * expected.abs().max()


def words(fixture: dict[str, torch.Tensor]) -> WordEncoder:
    encoder = WordEncoder(40, 11, 64, 4, 256, 0.0, 0.0)
    prefix = "query_encoder.weights"
    encoder.load_state_dict(layer(fixture, prefix) | projection(fixture, f"{prefix}.linear", "projection"))
    return encoder.eval()


def clips(fixture: dict[str, torch.Tensor]) -> TwoModalEncoder:
    encoder = TwoModalEncoder(48, 40, 16, 64, 4, 256, 0.0, 0.0)
    prefix = "two_modal.weights"
    weights = layer(fixture, prefix)
    for place, name in enumerate(("img_linear", "text_linear")):
        weights |= projection(fixture, f"{prefix}.{name}", f"projections.{place}")
    encoder.load_state_dict(weights)
    return encoder.eval()


@torch.no_grad()
def test_the_encoders_give_the_numbers_of_the_relative(fixture: dict[str, torch.Tensor]) -> None:
    mask = fixture["two_modal.input.mask"]
    encoded = clips(fixture)(fixture["two_modal.input.visual"], fixture["two_modal.input.sub"], mask.bool())
    for modality, name in enumerate(("visual", "sub")):
        close(encoded[:, modality] * mask[..., None], fixture[f"two_modal.expect.{name}"])
    of_words = fixture["query_encoder.input.mask"]
    tokens = words(fixture)(fixture["query_encoder.input.tokens"], of_words.bool())
    close(tokens * of_words[..., None], fixture["query_encoder.expect.tokens"])


@torch.no_grad()
def test_pooling_gives_the_numbers_of_the_relative(fixture: dict[str, torch.Tensor]) -> None:
    pooling = ModalPooling(64, 2)
    pooling.logits.weight.copy_(fixture["pooling.weights"])
    pooling.logits.bias.copy_(torch.tensor([0.7, -3.0]))  # a softmax does not see it
    pooled = pooling(fixture["query_encoder.expect.tokens"], fixture["query_encoder.input.mask"].bool())
    close(pooled[:, 0], fixture["pooling.expect.query_visual"])
    close(pooled[:, 1], fixture["pooling.expect.query_sub"])


@torch.no_grad()
def test_padding_changes_nothing() -> None:
    torch.manual_seed(0)
    encoder, visual, subtitle = TwoModalEncoder(6, 5, 9, 8, 2, 16, 0.1, 0.1).eval(), *torch.randn(2, 3, 7, 6)
    lengths = torch.tensor([7, 2, 4])
    mask = torch.arange(7) < lengths[:, None]
    together = encoder(visual, subtitle[..., :5], mask)
    for video, length in enumerate(lengths.tolist()):
        alone = encoder(visual[video : video + 1, :length], subtitle[video : video + 1, :length, :5], mask[:1, :length])
        assert torch.allclose(together[video, :, :length], alone[0], atol=1e-6)


def test_the_sizes_are_those_of_the_paper() -> None:
    def count(module: torch.nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters())

    sizes = (384, 4, 1536, 0.1, 0.1)
    assert count(WordEncoder(768, 30, *sizes)) == 2_084_352
    assert count(TwoModalEncoder(4352, 768, 100, *sizes)) == 3_791_488
    assert count(ModalPooling(384, 2)) == 770
