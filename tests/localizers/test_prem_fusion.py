"""The fusion of clips and words: a Transformer decoder layer, and gates that follow the query."""

import pytest
import torch
from torch import Tensor, nn

from pipeline.localizers.prem.fusion import FusionLayer, Gates

SELF, CROSS = "attention", "cross"


def weights(layer: nn.TransformerDecoderLayer) -> dict[str, Tensor]:
    """Give the weights of torch's layer our names."""
    named = {}
    for ours, theirs in ((SELF, layer.self_attn), (CROSS, layer.multihead_attn)):
        for kind in ("weight", "bias"):
            joined = getattr(theirs, f"in_proj_{kind}")
            for name, part in zip(("query", "key", "value"), joined.chunk(3), strict=True):
                named[f"{ours}.{name}.{kind}"] = part
            named[f"{ours}.output.{kind}"] = getattr(theirs.out_proj, kind)
    for ours, module in (
        (f"{SELF}.norm", layer.norm1),
        (f"{CROSS}.norm", layer.norm2),
        ("norm", layer.norm3),
        ("inner", layer.linear1),
        ("outer", layer.linear2),
    ):
        named |= {f"{ours}.{kind}": getattr(module, kind) for kind in ("weight", "bias")}
    return named


@torch.no_grad()
def test_a_layer_is_the_decoder_layer_of_torch() -> None:
    torch.manual_seed(0)
    theirs = nn.TransformerDecoderLayer(16, 4, 40, 0.1, "gelu", batch_first=True).eval()
    for parameter in theirs.parameters():
        parameter.add_(torch.randn_like(parameter), alpha=0.2)
    ours = FusionLayer(16, 4, 40, 0.1).eval()
    ours.load_state_dict(weights(theirs))
    clips, words = torch.randn(4, 7, 16), torch.randn(2, 5, 16)
    clip_mask = torch.arange(7) < torch.tensor([7, 2, 5, 1])[:, None]
    word_mask = torch.arange(5) < torch.tensor([5, 3])[:, None]
    expected = theirs(
        clips,
        words.repeat_interleave(2, dim=0),
        tgt_key_padding_mask=~clip_mask,
        memory_key_padding_mask=~word_mask.repeat_interleave(2, dim=0),
    )
    fused = ours(clips, clip_mask, words, word_mask)
    assert torch.allclose(fused[clip_mask], expected[clip_mask], atol=1e-5)
    assert sum(parameter.numel() for parameter in FusionLayer(384, 4, 1536, 0.1).parameters()) == 2_366_592


@torch.no_grad()
@pytest.mark.parametrize("form", ["unit_product", "unit_clip", "sigmoid"])
def test_gates_are_what_they_are_called(form: str) -> None:
    torch.manual_seed(0)
    gates, clips, query = Gates(8, 1, form), torch.randn(4, 1, 3, 8), torch.randn(2, 1, 8)
    mapped, by = gates.maps[0](clips), query.repeat_interleave(2, dim=0)[:, :, None]
    gated = {
        "unit_product": mapped * by / (mapped * by).norm(dim=-1, keepdim=True),
        "unit_clip": mapped / mapped.norm(dim=-1, keepdim=True) * by,
        "sigmoid": mapped * by.sigmoid(),
    }[form]
    joined = gates.join(gated.squeeze(1))
    expected = (joined - joined.mean(-1, keepdim=True)) / joined.std(-1, keepdim=True, correction=0)
    assert torch.allclose(gates(gates.mapped(clips), query), expected, atol=1e-3)


@torch.no_grad()
def test_without_gates_the_query_changes_nothing_before_the_fusion() -> None:
    gates, clips = Gates(8, 2, "none"), torch.randn(4, 2, 3, 8)
    one, other = (gates(gates.mapped(clips), torch.randn(2, 2, 8)) for _ in range(2))
    assert torch.equal(one, other) and not gates.maps
