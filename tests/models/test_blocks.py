"""The shared blocks: attention with a multiplier and a mask, pooling, and initial weights."""

import torch
from torch import nn

from pipeline.models.common.blocks import (
    AttentionPooling,
    PositionalEmbedding,
    Projection,
    SelfAttention,
    Standardize,
    initialize,
)


def built(block: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return block.eval()


def test_attention_is_the_formula():
    attention = built(SelfAttention(8, 2, 0.5))
    sequence, multiplier = torch.randn(3, 5, 8), torch.rand(3, 2, 1, 5)
    heads = []
    for head in range(2):
        part = slice(4 * head, 4 * head + 4)
        linears = (attention.query, attention.key, attention.value)
        query, key, value = (linear(sequence)[..., part] for linear in linears)
        weights = (query @ key.mT / 2 * multiplier[:, head]).softmax(dim=-1)
        heads.append(weights @ value)
    expected = attention.norm(sequence + attention.output(torch.cat(heads, dim=-1)))
    assert torch.allclose(attention(sequence, multiplier=multiplier), expected, atol=1e-6)


def test_masked_positions_get_no_weight_whatever_the_multiplier():
    attention = built(SelfAttention(8, 2, 0.0))
    sequence, mask = torch.randn(2, 5, 8), torch.tensor([[True] * 5, [True, True, False, False, False]])
    multiplier = torch.zeros(1, 1, 5, 5)
    changed = torch.where(mask[..., None], sequence, 50.0)
    ours, other = (attention(rows, key_mask=mask, multiplier=multiplier) for rows in (sequence, changed))
    assert torch.equal(ours[mask], other[mask])


def test_pooling_of_equal_logits_is_the_mean_of_the_valid():
    pooling = AttentionPooling(4)
    nn.init.zeros_(pooling.logits.weight)
    sequence, mask = torch.randn(2, 3, 4), torch.tensor([[True, True, True], [True, False, False]])
    pooled = pooling(sequence, mask)
    assert torch.allclose(pooled[0], sequence[0].mean(dim=0)) and torch.allclose(pooled[1], sequence[1, 0])


def test_initial_weights_depend_on_the_seed_alone():
    def weights(seed: int) -> list[torch.Tensor]:
        model = nn.Sequential(Projection(300, 200, 0.1), PositionalEmbedding(40, 200, 0.1))
        initialize(model, seed)
        return list(model.state_dict().values())

    norm_weight, norm_bias, linear_weight, linear_bias, table, *_ = weights(1)
    assert torch.equal(norm_weight, torch.ones(300)) and not norm_bias.any() and not linear_bias.any()
    for weight in (linear_weight, table):
        assert abs(weight.mean().item()) < 1e-3 and abs(weight.std().item() - 0.02) < 1e-3
    assert all(torch.equal(a, b) for a, b in zip(weights(1), weights(1), strict=True))
    assert not torch.equal(weights(2)[2], linear_weight)


def test_standardize_is_the_identity_until_it_has_seen_the_training_clips():
    standardize, clips = Standardize(3), torch.randn(4, 5, 3) * torch.tensor([1.0, 100.0, 0.0]) + 7
    assert torch.equal(standardize(clips), clips)
    standardize.fit(clips)
    scaled = standardize(clips).flatten(0, 1)
    assert torch.allclose(scaled.mean(dim=0), torch.zeros(3), atol=1e-5)
    assert torch.allclose(scaled.std(dim=0, correction=0), torch.tensor([1.0, 1.0, 0.0]), atol=1e-5)
    assert set(standardize.state_dict()) == {"mean", "deviation"}


def test_a_feature_that_is_constant_in_training_is_not_blown_up_where_it_differs():
    standardize, clips = Standardize(4), torch.randn(40, 32, 4)
    clips[..., 1:] = torch.tensor([0.0, 0.1, 1000.1])
    clips[::2, ::3, 3] = torch.nextafter(clips[0, 0, 3], torch.tensor(2000.0))  # rounding
    standardize.fit(clips)
    seen, new = standardize(clips), standardize(torch.tensor([[[0.0, 0.3, 0.4, 1000.4]]]))
    assert seen[..., 1:].abs().max() < 1e-3
    assert torch.allclose(new[0, 0, 1:], torch.full((3,), 0.3), atol=1e-3)


def test_standardize_is_taken_over_with_the_weights():
    fitted, loaded, clips = Standardize(3), Standardize(3), torch.randn(4, 5, 3) + 7
    fitted.fit(clips)
    loaded.load_state_dict(fitted.state_dict())
    assert torch.equal(loaded(clips), fitted(clips)) and not torch.equal(loaded(clips), clips)
    loaded.load_state_dict(Standardize(3).state_dict())
    assert torch.equal(loaded(clips), clips)
