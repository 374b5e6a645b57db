"""MS-SL: the clip map by hand and against pooling, the key clip's guidance, spans of proposals, the published size."""

from pathlib import Path

import pytest
import torch
import yaml

from pipeline.models.interface import NO_MOMENT
from pipeline.models.ms_sl import MSSL, guided_frames, proposals_of
from pipeline.sections import MSSLRecipe
from pipeline.training.bert_adam import decay_groups

PARAMS = Path(__file__).resolve().parents[2] / "params.yaml"


def test_the_clip_map_by_hand(make_model):
    clips = torch.arange(4.0)[None, :, None]
    expected = [0, 1, 2, 3, 0.5, 1.5, 2.5, 1, 2, 1.5]
    assert make_model("ms_sl", clips=4).clip_map(clips).flatten().tolist() == expected


def test_the_clip_map_is_every_pooling(make_model):
    clips = torch.randn(2, 32, 6, generator=torch.Generator().manual_seed(0))
    pooled = [torch.nn.functional.avg_pool1d(clips.mT, size, stride=1).mT for size in range(1, 33)]
    ours = make_model("ms_sl", clips=32).clip_map(clips)
    assert ours.shape == (2, 528, 6) and torch.allclose(ours, torch.cat(pooled, dim=1), atol=1e-5)


def test_proposals_are_numbered_by_size_then_start():
    start, size = proposals_of(32)
    number = 32 * (size - 1) - (size - 1) * (size - 2) // 2 + start
    assert torch.equal(number, torch.arange(528)) and bool((start + size <= 32).all())


def test_guidance_is_attention_of_the_key_clip():
    torch.manual_seed(0)
    keys, values, clip = torch.randn(2, 5, 4), torch.randn(2, 5, 4), torch.randn(2, 3, 4)
    mask = torch.tensor([[True] * 5, [True, True, False, False, False]])
    guided = guided_frames(clip, keys, values, mask)
    for video, length in enumerate((5, 2)):
        weights = (keys[video, :length] @ clip[video, 1]).softmax(dim=0)
        assert torch.allclose(guided[video, 1], weights @ values[video, :length], atol=1e-6)


@torch.inference_mode()
def test_scores_do_not_depend_on_the_other_queries(make_model, videos, queries):
    tokens, mask, _ = queries
    model = make_model("ms_sl")
    index, query = model.index(model.encode_video(videos)), model.encode_query(tokens, mask)
    together = model.score(query, index)
    for number in range(7):
        alone = model.score(query[number : number + 1], index)
        assert torch.allclose(alone.score[0], together.score[number], atol=1e-6)
        assert torch.equal(alone.position[0], together.position[number])


@torch.inference_mode()
def test_the_clip_branch_alone_is_the_best_cosine_over_all_runs_of_clips(make_model, videos, queries):
    tokens, mask, _ = queries
    model = make_model("ms_sl", clip_weight=1.0)
    encoding, query = model.encode_video(videos), model.encode_query(tokens, mask)
    score, position = model.score(query, model.index(encoding))
    for video, clips in enumerate(encoding.clips):
        runs = torch.stack([clips[s : s + k].mean(dim=0) for k in range(1, 13) for s in range(13 - k)])
        cosine = torch.nn.functional.cosine_similarity(query[:, None], runs[None], dim=-1)
        assert torch.allclose(score[:, video], cosine.amax(dim=1), atol=1e-5)
        assert torch.equal(position[:, video], cosine.argmax(dim=1))


def test_the_span_is_the_best_proposals(make_model):
    moment, span = make_model("ms_sl", clips=4).localize(torch.empty(3, 0, 2), torch.tensor([3, 5, 9]))
    assert moment.tolist() == [NO_MOMENT] * 3
    assert span.tolist() == [[0.75, 1.0], [0.25, 0.75], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("dataset", "sizes", "published"), [("tvr", (3072, 768), 4_852_992), ("charades", (1024, 1024), 3_370_752)]
)
def test_the_published_size(dataset, sizes, published):
    model = MSSL(*sizes, MSSLRecipe(**yaml.safe_load(PARAMS.read_text())["recipes"]["ms_sl"][dataset]))
    unused = (128 - 32) * 384  # rows of the published clip position table
    assert sum(parameter.numel() for parameter in model.parameters()) == published - unused
    assert [len(group["params"]) for group in decay_groups(model, 0.01)] == [21, 33]
