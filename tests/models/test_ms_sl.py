"""MS-SL: the clip map by hand and against pooling, the key clip's guidance, spans of proposals, the published size."""

import pytest
import torch
from helpers.recipes import recipe_of

from pipeline.models.common.interface import NO_MOMENT
from pipeline.models.common.runs import runs_of
from pipeline.models.ms_sl.losses import pair_loss
from pipeline.models.ms_sl.model import MSSL, attention
from pipeline.training.optimizer import decay_groups


def clip_map(model, clips):
    """The vectors (B, P, d) of all proposals."""
    return model.over_proposals(clips.mT).mT


def test_the_clip_map_by_hand(make_model):
    clips = torch.arange(4.0)[None, :, None]
    expected = [0, 1, 2, 3, 0.5, 1.5, 2.5, 1, 2, 1.5]
    assert clip_map(make_model("ms_sl", clips=4), clips).flatten().tolist() == pytest.approx(expected)


def test_the_clip_map_is_every_pooling(make_model):
    clips = torch.randn(2, 32, 6, generator=torch.Generator().manual_seed(0))
    pooled = [torch.nn.functional.avg_pool1d(clips.mT, size, stride=1).mT for size in range(1, 33)]
    model = make_model("ms_sl", clips=32)
    ours = clip_map(model, clips)
    assert ours.shape == (2, 528, 6) and torch.allclose(ours, torch.cat(pooled, dim=1), atol=1e-5)
    torch.testing.assert_close(model.lengths(clips), ours.norm(dim=-1))


def test_proposals_are_numbered_by_size_then_start():
    start, size = runs_of(32)
    number = 32 * (size - 1) - (size - 1) * (size - 2) // 2 + start
    assert torch.equal(number, torch.arange(528)) and bool((start + size <= 32).all())


@torch.inference_mode()
def test_guidance_is_attention_of_the_proposal(make_model, videos):
    model = make_model("ms_sl")
    encoding = model.encode_video(videos)
    guided, proposals = model.guided(*encoding), clip_map(model, encoding.clips)
    for video, (frames, mask) in enumerate(zip(encoding.frames, encoding.frame_mask, strict=True)):
        weights = (proposals[video] @ model.key(frames[mask]).T).softmax(dim=1)
        assert torch.allclose(guided[video], weights @ model.value(frames[mask]), atol=1e-4)
    labels, chosen = torch.tensor([3, 0, 3]), torch.tensor([5, 70, 0])
    own = model.guided_by(model.averages[chosen], labels, encoding)
    assert torch.allclose(own, guided[labels, chosen], atol=1e-4)


def test_padding_gets_no_attention():
    mask = torch.tensor([[True, True, False]])
    assert attention(torch.full((1, 2, 3), 5.0), mask).tolist() == [[[0.5, 0.5, 0.0]] * 2]


@torch.inference_mode()
def test_the_best_proposals_are_those_of_all_compared(make_model, videos):
    model = make_model("ms_sl")
    clips = model.encode_video(videos).clips
    query = torch.randn(70, 32, generator=torch.Generator().manual_seed(3))
    dots = torch.einsum("qd,bnd->qbn", query, clips)
    nearest, largest = model.best_proposals(dots, model.lengths(clips))
    all_dots = torch.einsum("qd,bpd->qbp", query, clip_map(model, clips))
    assert torch.equal(largest, all_dots.argmax(dim=-1))
    assert torch.equal(nearest, (all_dots / clip_map(model, clips).norm(dim=-1)).argmax(dim=-1))


@torch.inference_mode()
def test_scores_do_not_depend_on_the_other_queries(make_model, videos, queries):
    tokens, mask, _ = queries
    model = make_model("ms_sl")
    index, query = model.index(model.encode_video(videos)), model.encode_query(tokens, mask)
    together = model.score(query, index)
    for number in range(7):
        alone = model.score(query[number : number + 1], index)
        assert torch.allclose(alone.score[0], together.score[number], atol=1e-6)
        assert torch.equal(alone.similarity[0].argmax(dim=1), together.similarity[number].argmax(dim=1))


@torch.inference_mode()
def test_the_clip_branch_alone_is_the_best_cosine_over_all_runs_of_clips(make_model, videos, queries):
    tokens, mask, _ = queries
    model = make_model("ms_sl", clip_weight=1.0)
    encoding, query = model.encode_video(videos), model.encode_query(tokens, mask)
    score, similarity = model.score(query, model.index(encoding))
    for video, clips in enumerate(encoding.clips):
        runs = torch.stack([clips[s : s + k].mean(dim=0) for k in range(1, 13) for s in range(13 - k)])
        cosine = torch.nn.functional.cosine_similarity(query[:, None], runs[None], dim=-1)
        assert torch.allclose(score[:, video], cosine.amax(dim=1), atol=1e-5)
        assert torch.equal(similarity[:, video].argmax(dim=1), cosine.argmax(dim=1))


def test_the_span_is_the_best_proposals(make_model):
    moment, span = make_model("ms_sl", clips=4).localize(None, None, torch.arange(3), torch.tensor([3, 5, 9]))
    assert moment.tolist() == [NO_MOMENT] * 3
    assert span.tolist() == [[0.75, 1.0], [0.25, 0.75], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("dataset", "sizes", "published"), [("tvr", (3072, 768), 4_852_992), ("charades", (1024, 1024), 3_370_752)]
)
def test_the_published_size(dataset, sizes, published):
    model = MSSL(*sizes, recipe_of("ms_sl", dataset))
    unused = (128 - 32) * 384  # rows of the published clip position table
    assert sum(parameter.numel() for parameter in model.parameters()) == published - unused
    assert [len(group["params"]) for group in decay_groups(model, 0.01)] == [21, 33]


def test_pairs_by_hand():
    assert pair_loss(torch.tensor([[0.9, 0.3], [0.2, 0.5]]).double()).item() == pytest.approx(1.1916325473, abs=1e-7)
