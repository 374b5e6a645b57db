"""PREM's retriever: the numbers of its relatives, its losses against plain loops, its sizes and its options."""

import math

import pytest
import torch
from helpers.parity import parity_arrays
from torch.nn.functional import cosine_similarity

from pipeline.core.errors import PipelineError
from pipeline.core.params import checked
from pipeline.corpus.annotated import NO_CLIP, PAST_THE_LAST_CLIP
from pipeline.corpus.videos import Videos
from pipeline.models.common.blocks import initialize
from pipeline.models.prem.losses import LOWEST, query_to_video_loss, video_to_query_loss, within_moment
from pipeline.models.prem.model import Prem, VideoEncoding, VideoIndex
from pipeline.models.prem.recipe import PremRecipe

SIZE, SAID, ASKED, CLIPS = 20, 10, 10, 9
LENGTHS = torch.tensor([7, 1, 4, 6])
LABELS = torch.tensor([0, 0, 0, 1, 2, 2])  # the last video has no queries
MOMENT = torch.tensor([[1, 2], [0, 6], [-1, -1], [0, 0], [3, 3], [0, 1]])
EVERY = [(pooling, modality) for pooling in ("specific", "mean", "max") for modality in ("both", "visual", "subtitle")]


def recipe(**changes) -> PremRecipe:
    values = {
        "start": "random",
        "hidden": 32,
        "heads": 4,
        "clips": CLIPS,
        "modality": "both",
        "pooling": "specific",
        "input_dropout": 0.1,
        "dropout": 0.1,
        "learning_rate": 1e-3,
        "warmup": 0.0,
        "weight_decay": 0.01,
        "batch_videos": 4,
        "epochs": 2,
        "patience_steps": None,
        "positive": "moment",
        "weak_weight": 0.5,
        "temperature": 0.01,
    }
    return PremRecipe(**{**values, **changes})


def model_of(subtitle_size: int = SAID, **changes) -> Prem:
    model = Prem(SIZE, ASKED, recipe(**changes), 6, subtitle_size)
    initialize(model, 0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(5)
    return model.eval()


@pytest.fixture
def videos() -> Videos:
    """Four videos of 7, 1, 4 and 6 clips; nothing is said in the third, nor in every second clip of the others."""
    draw = torch.Generator().manual_seed(0)
    mask = torch.arange(7) < LENGTHS[:, None]
    said = mask & (torch.arange(7) % 2 == 0) & (torch.arange(4) != 2)[:, None]
    seen, words = torch.randn(4, 7, SIZE, generator=draw), torch.randn(4, 7, SAID, generator=draw)
    return Videos(seen[:, :0], seen * mask[..., None], mask, words * said[..., None])


@pytest.fixture
def query() -> tuple[torch.Tensor, torch.Tensor]:
    mask = torch.arange(6) < torch.tensor([1, 2, 3, 4, 5, 6])[:, None]
    return torch.randn(6, 6, ASKED, generator=torch.Generator().manual_seed(1)), mask


def losses(model, videos, query, labels=LABELS, moment=MOMENT) -> dict[str, torch.Tensor]:
    return model.losses(model.encode_query(*query), model.encode_video(videos), labels, moment, 1)


@torch.no_grad()
def test_scores_are_those_of_the_relative() -> None:
    fixture = {name: torch.from_numpy(values) for name, values in parity_arrays("prem_pieces.npz").items()}
    clips = torch.stack([fixture[f"two_modal.expect.{name}"] for name in ("visual", "sub")], dim=1)
    query = torch.stack([fixture[f"pooling.expect.query_{name}"] for name in ("visual", "sub")], dim=1)
    model = Prem(48, 40, recipe(hidden=64, clips=16), 11, 40)
    scores = model.score(query, model.index(VideoEncoding(clips, fixture["two_modal.input.mask"].bool())))
    expected = fixture["video_score.expect.score"]
    assert (scores.score - expected).abs().max() <= 1e-5 * expected.abs().max()


def test_the_retriever_has_the_size_that_the_paper_gives_it() -> None:
    model = Prem(4352, 768, recipe(hidden=384, clips=100), 30, 768)
    assert sum(parameter.numel() for parameter in model.parameters()) == 5_876_610


@pytest.mark.parametrize(("pooling", "modality"), EVERY)
@torch.no_grad()
def test_a_score_is_the_mean_of_the_best_cosines(videos, query, pooling, modality) -> None:
    model = model_of(pooling=pooling, modality=modality)
    encoded, index = model.encode_query(*query), model.index(encoding := model.encode_video(videos))
    found = model.score(encoded, index)
    assert encoded.shape == (6, 2 if modality == "both" else 1, 32)
    assert index.clips.shape == (4, encoded.shape[1], CLIPS, 32) and index.mask.shape == (4, CLIPS)
    assert bool((index.clips[~index.mask[:, None].expand(index.clips.shape[:3])] == 0).all())
    for asked in range(6):
        for video in range(4):
            own = encoding.clips[video, :, : LENGTHS[video]]
            cosines = cosine_similarity(encoded[asked][:, None], own, dim=-1)
            assert found.score[asked, video].item() == pytest.approx(cosines.amax(dim=1).mean().item(), abs=1e-6)
            torch.testing.assert_close(
                found.similarity[asked, video, : LENGTHS[video]], cosines.mean(dim=0), rtol=0, atol=1e-6
            )
    assert bool((found.similarity[:, ~index.mask] == LOWEST).all())
    assert bool((found.score.abs() <= 1 + 1e-6).all())
    assert bool((found.position(torch.arange(4).expand(6, 4)) < LENGTHS).all())


@torch.no_grad()
def test_one_modality_does_not_see_the_other(videos, query) -> None:
    said = videos._replace(subtitle=videos.subtitle + torch.arange(SAID))
    seen = videos._replace(frames=videos.frames + torch.arange(SIZE))
    for modality, moved in (("visual", said), ("subtitle", seen)):
        model = model_of(modality=modality)
        assert torch.equal(model.encode_video(moved).clips, model.encode_video(videos).clips)
    model = model_of()
    for moved in (said, seen):  # encoded together: either one changes both
        change = (model.encode_video(moved).clips - model.encode_video(videos).clips).abs().amax(dim=-1)
        assert bool((change[videos.frame_mask[:, None].expand(change.shape)] > 1e-4).all())


@torch.no_grad()
def test_without_subtitles_it_looks_at_the_pictures_alone(videos, query) -> None:
    model = model_of(subtitle_size=0)
    assert model.encode_video(Videos(*videos[:3])).clips.shape == (4, 1, 7, 32)
    with pytest.raises(PipelineError, match="modality: visual"):
        model_of(subtitle_size=0, modality="subtitle")


@torch.no_grad()
def test_specific_pooling_weighs_words_apart_for_each_modality(query) -> None:
    tokens, mask = query
    encoded = {pooling: model_of(pooling=pooling).encode_query(tokens, mask) for pooling in ("specific", "mean", "max")}
    one_word = {pooling: vectors[0] for pooling, vectors in encoded.items()}
    torch.testing.assert_close(one_word["specific"], one_word["mean"])
    torch.testing.assert_close(one_word["max"], one_word["mean"])
    assert (encoded["specific"][-1, 0] - encoded["specific"][-1, 1]).abs().max() > 0.01
    assert torch.equal(encoded["mean"][:, 0], encoded["mean"][:, 1])
    assert (encoded["max"] >= encoded["mean"] - 1e-6).all() and (encoded["max"][-1] > encoded["mean"][-1]).any()


def plain_losses(model: Prem, videos: Videos, query) -> dict[str, float]:
    """The losses, written as the sums over queries and videos that the paper has."""
    encoded, clips = model.encode_query(*query), model.encode_video(videos).clips
    tau = model.recipe.temperature

    def score(asked: int, video: int, chosen: list[int]) -> float:
        best = [
            max(cosine_similarity(encoded[asked, m], clips[video, m, clip], dim=0).item() for clip in chosen)
            for m in range(encoded.shape[1])
        ]
        return sum(best) / len(best) / tau

    every = [list(range(int(length))) for length in LENGTHS]
    terms: dict[str, list[float]] = {"strong": [], "weak": [], "video_to_query": []}
    for asked, (label, (first, last)) in enumerate(zip(LABELS.tolist(), MOMENT.tolist(), strict=True)):
        inside = [clip for clip in every[label] if first < 0 or first <= clip <= last]
        outside = [clip for clip in every[label] if clip not in inside]
        videos_against = [score(asked, video, every[video]) for video in range(4) if video != label]
        queries_against = [score(other, label, every[label]) for other in range(6) if LABELS[other] != label]
        positive = score(asked, label, inside if model.recipe.positive == "moment" else every[label])

        def info_nce(positive: float, against: list[float]) -> float:
            return math.log(math.exp(positive) + sum(math.exp(value) for value in against)) - positive

        terms["strong"].append(info_nce(positive, videos_against))
        terms["video_to_query"].append(info_nce(positive, queries_against))
        if outside:
            terms["weak"].append(info_nce(score(asked, label, outside), videos_against))
    means = {name: sum(values) / len(values) for name, values in terms.items()}
    shares = {"without_span": 1 / 6, "past_the_last_clip": 0}
    return {**means, **shares, "total": means["strong"] + 0.5 * means["weak"] + means["video_to_query"]}


@pytest.mark.parametrize("changes", [{}, {"positive": "video"}, {"modality": "visual"}, {"temperature": 0.3}])
@torch.no_grad()
def test_losses_are_the_sums_of_the_paper(videos, query, changes) -> None:
    model = model_of(**changes)
    found = losses(model, videos, query)
    expected = plain_losses(model, videos, query)
    assert list(found) == list(expected)
    assert {name: loss.item() for name, loss in found.items()} == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert expected["strong"] > 0.01 and expected["weak"] > 0.01


@torch.no_grad()
def test_without_spans_every_query_counts_with_its_whole_video(videos, query) -> None:
    unknown = losses(model_of(), videos, query, moment=torch.full_like(MOMENT, -1))
    whole = losses(model_of(positive="video"), videos, query)
    assert unknown["without_span"] == 1 and unknown["weak"] == 0
    assert torch.equal(unknown["strong"], whole["strong"])
    assert torch.equal(unknown["video_to_query"], whole["video_to_query"])


@torch.no_grad()
def test_a_moment_after_the_last_clip_is_counted_apart_from_one_that_is_not_known(videos, query) -> None:
    past, unknown = MOMENT.clone(), MOMENT.clone()
    past[:2], unknown[:2] = PAST_THE_LAST_CLIP, NO_CLIP
    found, others = (losses(model_of(), videos, query, moment=moment) for moment in (past, unknown))
    shares = [(of["without_span"].item(), of["past_the_last_clip"].item()) for of in (found, others)]
    assert shares == [pytest.approx((1 / 6, 2 / 6)), pytest.approx((3 / 6, 0))]
    assert torch.equal(found["total"], others["total"])


def test_of_a_moment_after_the_last_clip_the_whole_video_counts() -> None:
    mask = torch.tensor([[True, True, True, False]] * 4)
    inside, known = within_moment(mask, torch.tensor([[1, 5], [3, 3], [-2, -2], [0, 0]]))
    every = [True, True, True, False]
    assert inside.tolist() == [[False, True, True, False], every, every, [True, False, False, False]]
    assert known.tolist() == [True, False, False, True]


@torch.no_grad()
def test_other_queries_of_a_video_are_no_negatives_of_it(videos, query) -> None:
    scores = torch.randn(3, 4, generator=torch.Generator().manual_seed(2))
    labels, positive = torch.tensor([0, 1, 2]), torch.tensor([0.3, -0.2, 0.5])
    again = torch.cat([scores, torch.full((1, 4), 9.0)])  # a second query of video 0, which finds every video
    to_video, of_query = (
        loss(torch.cat([positive, torch.zeros(1)]), again, torch.cat([labels, labels[:1]]))
        for loss in (query_to_video_loss, video_to_query_loss)
    )
    assert torch.equal(to_video[:3], query_to_video_loss(positive, scores, labels))
    assert of_query[0] == video_to_query_loss(positive, scores, labels)[0]
    assert bool((of_query[1:3] > video_to_query_loss(positive, scores, labels)[1:] + 1).all())


@torch.no_grad()
def test_equal_scores_cost_the_logarithm_of_the_number_of_answers(videos, query) -> None:
    found = losses(model_of(temperature=1e6), videos, query)
    assert found["strong"].item() == pytest.approx(math.log(4), abs=1e-4)  # itself and three other videos
    assert found["weak"].item() == pytest.approx(math.log(4), abs=1e-4)
    others = [sum(1 for other in LABELS if other != label) for label in LABELS]
    expected = sum(math.log(1 + number) for number in others) / 6
    assert found["video_to_query"].item() == pytest.approx(expected, abs=1e-4)


@torch.no_grad()
def test_padding_and_order_change_no_loss(videos, query) -> None:
    model, (tokens, mask) = model_of(), query
    expected = losses(model, videos, query)
    longer = Videos(*(torch.cat([field, torch.ones_like(field[:, :2])], dim=1) for field in videos))
    longer = longer._replace(frame_mask=torch.cat([videos.frame_mask, videos.frame_mask[:, :2] & False], dim=1))
    order, of_videos = torch.tensor([5, 0, 3, 1, 4, 2]), torch.tensor([2, 0, 3, 1])
    moved = losses(
        model,
        Videos(*(field[of_videos] for field in longer)),
        (tokens[order], mask[order]),
        of_videos.argsort()[LABELS[order]],
        MOMENT[order],
    )
    for name, loss in moved.items():
        assert loss.item() == pytest.approx(expected[name].item(), rel=1e-5), name


@pytest.mark.parametrize(("pooling", "modality"), EVERY)
def test_gradients_are_finite_in_bfloat16_and_where_there_is_nothing_to_compare_with(
    videos, query, pooling, modality
) -> None:
    model, (tokens, mask) = model_of(pooling=pooling, modality=modality), query
    for chosen, labels in ((videos, LABELS), (Videos(*(field[:1] for field in videos)), LABELS * 0)):
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            found = losses(model, chosen, (tokens, mask), labels)
        found["total"].backward()
        assert all(torch.isfinite(loss) for loss in found.values())
        gradients = [parameter.grad for parameter in model.parameters()]
        assert all(gradient is not None and torch.isfinite(gradient).all() for gradient in gradients)
    assert found["strong"] == 0 and found["video_to_query"] == 0 and found["weak"] == 0


@torch.no_grad()
def test_cosines_keep_full_precision_under_autocast(videos, query) -> None:
    model = model_of()
    encoded, encoding = model.encode_query(*query), model.encode_video(videos)
    index = model.index(encoding)
    plain = model.losses(encoded, encoding, LABELS, MOMENT, 1), model.score(encoded, index).score
    with torch.autocast("cpu", torch.bfloat16):
        under = model.losses(encoded, encoding, LABELS, MOMENT, 1), model.score(encoded, index).score
    assert all(torch.equal(loss, under[0][name]) for name, loss in plain[0].items())
    assert torch.equal(plain[1], under[1])


@torch.no_grad()
def test_a_large_batch_equals_its_videos_one_by_one(videos) -> None:
    model, many = model_of(), Videos(*(field.repeat(40, *[1] * (field.dim() - 1)) for field in videos))
    draw = torch.Generator().manual_seed(3)
    many = many._replace(frames=many.frames + torch.randn(many.frames.shape, generator=draw))
    together = model.index(model.encode_video(many))
    assert isinstance(together, VideoIndex)
    for video in range(0, 160, 13):
        length = int(LENGTHS[video % 4])
        alone = Videos(*(field[video : video + 1, :length] for field in many))
        torch.testing.assert_close(
            together.clips[video], model.index(model.encode_video(alone)).clips[0], atol=1e-5, rtol=0
        )


@pytest.mark.parametrize(
    ("changes", "said"), [({"heads": 5}, "multiple of heads"), ({"modality": "subtitle", "start": "cca"}, "random")]
)
def test_values_that_do_not_go_together_are_refused(changes, said) -> None:
    with pytest.raises(PipelineError, match=said):
        checked({**recipe().model_dump(), **changes}, PremRecipe, "default", "recipes/prem.yaml")
