"""What holds for every model: nothing depends on batch mates or padding, every shape from one video on works."""

import pytest
import torch

from pipeline.core.runtime import threads
from pipeline.corpus.videos import Videos
from pipeline.models.common.fixtures import no_spans
from pipeline.models.common.interface import TrainedModel, moment_spans
from pipeline.ops import parts

MODELS = [("amdnet", {}), ("amdnet", {"query_form": "sentence"}), ("gmmformer", {}), ("ms_sl", {}), ("prem", {})]
trained_models = pytest.mark.parametrize(("name", "changes"), MODELS)
WITHOUT_LOSSES = [("cca", {}), ("zero_shot", {})]
every_model = pytest.mark.parametrize(("name", "changes"), [*MODELS, *WITHOUT_LOSSES])


def close(ours: torch.Tensor, expected: torch.Tensor, tolerance: float = 1e-6) -> bool:
    return ours.numel() == 0 or bool((ours - expected).abs().max() <= tolerance * expected.abs().max().clamp(min=1))


def few(videos: Videos, count: int, length: int | None = None) -> Videos:
    """The first videos, padded to their longest, or to `length` frames."""
    clips, frames, mask, subtitle = (field[:count] for field in videos)
    length = length or int(mask.sum(dim=1).max())
    return Videos(clips, frames[:, :length], mask[:, :length], subtitle[:, :length])


def single(videos: Videos, index: int) -> Videos:
    return few(Videos(*(field[index : index + 1] for field in videos)), 1)


def as_form(queries, model):
    tokens, mask, labels = queries
    if model.recipe.one_space:  # a sentence has as many numbers as a row of a video
        tokens = torch.cat([tokens, tokens.flip(-1)], dim=-1)
    return (tokens[:, :1], mask[:, :1], labels) if model.recipe.query_form == "sentence" else queries


def scores_of(model, tokens, mask, videos):
    index = model.index(model.encode_video(videos))
    return model.score(model.encode_query(tokens, mask), index), index


@pytest.mark.parametrize(("precision", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@every_model
@torch.inference_mode()
def test_a_batch_of_videos_equals_each_alone(make_model, videos, queries, name, changes, precision, tolerance):
    model = make_model(name, **changes).to(precision)
    if name == "amdnet":
        model.anchors.weight.div_(5)  # masks so narrow that rounding shows are for the other tests
    tokens, mask, _ = as_form(queries, model)
    tokens, videos = (
        tokens.to(precision),
        videos._replace(clips=videos[0].to(precision), frames=videos[1].to(precision)),
    )
    together, index = scores_of(model, tokens, mask, videos)
    for video in range(5):
        alone, own = scores_of(model, tokens, mask, single(videos, video))
        assert close(together.score[:, video], alone.score[:, 0], tolerance)
        assert torch.equal(together.similarity[:, video].argmax(dim=1), alone.similarity[:, 0].argmax(dim=1))
        assert close(index.spans[video], own.spans[0], tolerance)


@every_model
@torch.inference_mode()
def test_what_stands_in_the_padding_does_not_matter(make_model, videos, queries, name, changes):
    model = make_model(name, **changes)
    tokens, mask, _ = as_form(queries, model)
    noisy = torch.where(mask[..., None], tokens, 100.0)
    assert torch.equal(model.encode_query(noisy, mask), model.encode_query(tokens, mask))
    padding = ~videos.frame_mask[..., None]
    frames, subtitle = (rows.masked_fill(padding, 100.0) for rows in (videos.frames, videos.subtitle))
    loud = videos._replace(frames=frames, subtitle=subtitle)
    ours, other = (scores_of(model, tokens, mask, chosen)[0] for chosen in (videos, loud))
    assert torch.equal(ours.score, other.score) and torch.equal(ours.similarity, other.similarity)


@every_model
@torch.inference_mode()
def test_a_batch_of_queries_equals_each_alone_without_padding(make_model, queries, name, changes):
    model = make_model(name, **changes)
    tokens, mask, _ = as_form(queries, model)
    together = model.encode_query(tokens, mask)
    assert together.shape == (7, *{"cca": (10,), "prem": (2, 32), "zero_shot": (20,)}.get(name, (32,)))
    for index, length in enumerate(mask.sum(dim=1).tolist()):
        alone = model.encode_query(tokens[index : index + 1, :length], mask[index : index + 1, :length])
        assert close(together[index], alone[0])


@every_model
@torch.inference_mode()
def test_a_query_of_padding_alone_is_finite(make_model, queries, name, changes):
    model = make_model(name, **changes)
    tokens, mask, _ = as_form(queries, model)
    assert torch.isfinite(model.encode_query(tokens, torch.zeros_like(mask))).all()


@pytest.mark.parametrize("epoch", [1, 100])
@pytest.mark.parametrize(("batch", "asked"), [(1, 1), (1, 4), (2, 1), (2, 2), (3, 7)])
@every_model
def test_every_small_shape_works(make_model, videos, queries, name, changes, batch, asked, epoch):
    model = make_model(name, **changes)
    tokens, mask, _ = as_form(queries, model)
    labels = torch.arange(asked) % batch
    for length in (1, 3):  # frames: the longest video of the batch may have one
        chosen = few(videos, batch, length)
        encoding = model.encode_video(chosen)
        query = model.encode_query(tokens[:asked], mask[:asked])
        index = model.index(encoding)
        scores = model.score(query, index)
        assert scores.score.shape == (asked, batch) and torch.isfinite(scores.score).all()
        moment, span = model.localize(query, index, labels, scores.position(labels[:, None])[:, 0])
        assert moment.shape == (asked,) and span.shape == (asked, 2)
        assert bool((span >= 0).all() and (span <= 1).all() and (span[:, 0] <= span[:, 1]).all())
        if isinstance(model, TrainedModel):
            losses = model.losses(query, encoding, labels, no_spans(labels), epoch)
            assert next(reversed(losses)) == "total"
            assert all(torch.isfinite(loss) and loss.shape == () for loss in losses.values())


@trained_models
@torch.inference_mode()
def test_losses_do_not_ask_for_grouped_queries(make_model, videos, queries, name, changes):
    model = make_model(name, **changes)
    tokens, mask, labels = as_form(queries, model)
    encoding, query = model.encode_video(few(videos, 4)), model.encode_query(tokens, mask)
    order = torch.tensor([5, 0, 3, 6, 1, 4, 2])
    values = []
    for chosen in (torch.arange(7), order):
        torch.manual_seed(0)
        losses = model.losses(query[chosen], encoding, labels[chosen], no_spans(labels), 100)
        values.append({key: loss.item() for key, loss in losses.items() if not key.startswith(("triplet", "total"))})
    assert values[0] == pytest.approx(values[1], rel=1e-5)  # triplets draw their negatives at random


@pytest.mark.parametrize("epoch", [1, 100])
@pytest.mark.parametrize("autocast", [False, True])
@trained_models
def test_every_gradient_is_finite_and_every_parameter_has_one(
    make_model, videos, queries, name, changes, autocast, epoch
):
    model = make_model(name, **changes).train()
    tokens, mask, labels = as_form(queries, model)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        encoding = model.encode_video(videos)
        query = model.encode_query(tokens, mask)
        encoding = type(encoding)(*(field.float() if field.is_floating_point() else field for field in encoding))
        losses = model.losses(query.float(), encoding, labels, no_spans(labels), epoch)
    losses["total"].backward()
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), parameter_name


@trained_models
def test_a_large_batch_has_the_same_gradients_in_one_thread_and_in_several(
    make_model, videos, queries, name, changes, monkeypatch
):
    model = make_model(name, **changes).double()
    monkeypatch.setattr(parts, "SMALLEST_PART", 1)
    tokens, mask, labels = as_form(queries, model)
    videos = videos._replace(clips=videos.clips.double(), frames=videos.frames.double())
    found = []
    for number in (1, 2):
        model.zero_grad()
        with threads(number):
            query, encoding = model.encode_query(tokens.double(), mask), model.encode_video(videos)
            torch.manual_seed(0)  # losses draw negatives
            model.losses(query, encoding, labels, no_spans(labels), 1)["total"].backward()
        found.append({key: parameter.grad for key, parameter in model.named_parameters()})
    for key, gradient in found[0].items():
        assert close(found[1][key], gradient, 1e-12), key


def test_moments_are_clipped_to_the_video():
    spans = moment_spans(torch.tensor([[0.1, 0.6], [0.5, 0.2], [0.9, 0.4]]))
    torch.testing.assert_close(spans, torch.tensor([[0.0, 0.4], [0.4, 0.6], [0.7, 1.0]]))


@every_model
@torch.inference_mode()
def test_the_answer_is_the_first_candidate_and_the_others_come_by_score(make_model, videos, queries, name, changes):
    model = make_model(name, **changes)
    tokens, mask, labels = as_form(queries, model)
    scores, index = scores_of(model, tokens, mask, videos)
    query, position = model.encode_query(tokens, mask), scores.position(labels[:, None])[:, 0]
    spans, score = model.candidates(query, index, labels, position)
    assert torch.equal(spans[:, 0], model.localize(query, index, labels, position)[1])
    there = score.isfinite()
    assert bool(there[:, 0].all()) and bool((score[:, 1:] <= score[:, :-1]).all())
    assert bool((spans >= 0).all()) and bool((spans <= 1).all()) and bool((spans[..., 0] <= spans[..., 1]).all())
    moments = moment_spans(index.spans)[labels].sort(dim=1).values
    assert torch.equal(spans[:, : moments.shape[1]].sort(dim=1).values, moments)
    alone = [model.candidates(query[n, None], index, labels[n, None], position[n, None])[0][0] for n in range(7)]
    assert torch.equal(spans[there], torch.stack(alone)[there])


@every_model
@torch.inference_mode()
def test_the_best_single_run_of_a_model_is_the_place_that_gave_the_score(make_model, videos, queries, name, changes):
    model = make_model(name, **changes)
    tokens, mask, labels = as_form(queries, model)
    scores, index = scores_of(model, tokens, mask, videos)
    runs = model.runs(model.encode_query(tokens, mask), index, labels)
    places = scores.similarity[torch.arange(7), labels]
    of_clips = model.clip_similarities(model.encode_query(tokens, mask), index, labels)
    torch.testing.assert_close(of_clips, runs[:, :12])
    there = runs[:, : places.shape[1]].isfinite()
    assert runs.shape == (7, 78) and bool(there.any(dim=1).all())
    assert close(runs[:, : places.shape[1]][there], places[there], 1e-5)


@every_model
@torch.inference_mode()
def test_the_best_search_vector_of_a_video_has_about_its_score(make_model, videos, queries, name, changes):
    model = make_model(name, **changes)
    tokens, mask, _ = as_form(queries, model)
    query, index = model.encode_query(tokens, mask), model.index(model.encode_video(videos))
    products = torch.einsum("qd,bpd->qbp", model.search_query(query), model.search_vectors(index)).amax(dim=-1)
    scores = model.score(query, index)
    if name == "prem":  # the best clip of all modalities together
        torch.testing.assert_close(products, model.modalities * scores.similarity.amax(dim=-1).clamp(min=0))
    elif name == "ms_sl":  # some proposals of all
        assert products.shape == scores.score.shape and bool((products - scores.score).abs().max() < 0.5)
    elif name == "zero_shot":  # a vector of zeros where a video has no clip
        torch.testing.assert_close(products.clamp(min=0), scores.score.clamp(min=0))
    else:
        torch.testing.assert_close(products, scores.score)
