"""AMDNet: numbers do not depend on batch mates or padding; every shape from one video on; spans lie in the video."""

import pytest
import torch

from pipeline.models.amdnet import VideoEncoding, log_masks

FORMS = ("token", "sentence")


def close(ours: torch.Tensor, expected: torch.Tensor, tolerance: float = 1e-6) -> bool:
    return bool((ours - expected).abs().max() <= tolerance * expected.abs().max().clamp(min=1))


def as_form(queries, form):
    tokens, mask, labels = queries
    return (tokens[:, :1], mask[:, :1], labels) if form == "sentence" else queries


@pytest.mark.parametrize(("precision", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
@torch.inference_mode()
def test_a_batch_of_videos_equals_each_alone(make_model, videos, precision, tolerance):
    model, videos = make_model().to(precision), videos.to(precision)
    model.anchors.weight.div_(5)  # masks so narrow that rounding shows are for the other tests
    together = model.encode_video(videos)
    for index in range(len(videos)):
        for joint, single in zip(together, model.encode_video(videos[index : index + 1]), strict=True):
            assert close(joint[index], single[0], tolerance)


@pytest.mark.parametrize("form", FORMS)
@torch.inference_mode()
def test_a_batch_of_queries_equals_each_alone_without_padding(make_model, queries, form):
    model = make_model(query_form=form)
    tokens, mask, _ = as_form(queries, form)
    together = model.encode_query(tokens, mask)
    assert together.shape == (7, 32)
    for index, length in enumerate(mask.sum(dim=1).tolist()):
        single = model.encode_query(tokens[index : index + 1, :length], mask[index : index + 1, :length])
        assert close(together[index], single[0])


@torch.inference_mode()
def test_what_stands_in_the_padding_does_not_matter(make_model, queries):
    model = make_model()
    tokens, mask, _ = queries
    noisy = torch.where(mask[..., None], tokens, 100.0)
    assert torch.equal(model.encode_query(noisy, mask), model.encode_query(tokens, mask))


@torch.inference_mode()
def test_a_query_of_padding_alone_is_finite(make_model, queries):
    tokens, mask, _ = queries
    assert torch.isfinite(make_model().encode_query(tokens, torch.zeros_like(mask))).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("batch", "clips", "asked"), [(1, 12, 1), (1, 1, 1), (3, 1, 2), (2, 12, 1), (1, 12, 4)])
def test_every_small_shape_works(make_model, videos, queries, form, batch, clips, asked):
    model = make_model(query_form=form)
    tokens, mask, _ = as_form(queries, form)
    labels = torch.arange(asked) % batch
    encoding = model.encode_video(videos[:batch, :clips])
    query = model.encode_query(tokens[:asked], mask[:asked])
    score, position = model.score(query, encoding)
    moment, span = model.localize(encoding, labels, position.gather(1, labels[:, None])[:, 0])
    shapes = [tuple(field.shape) for field in encoding]
    assert shapes == [(batch, clips, 32), (batch, 4, clips), (batch, 4, 32), (batch, 32), (batch, 4, 2)]
    assert score.shape == position.shape == (asked, batch) and int(position.max()) < clips
    assert moment.shape == (asked,) and span.shape == (asked, 2)
    losses = model.losses(query, encoding, labels)
    assert list(losses) == ["retrieval", "diversity", "relevance", "total"]
    assert all(torch.isfinite(loss) and loss.shape == () for loss in losses.values())


@torch.inference_mode()
def test_masks_and_spans(make_model, videos):
    encoding = make_model().encode_video(videos)
    assert torch.equal(encoding.moment_masks.amax(dim=-1), torch.ones(5, 4))
    assert bool((encoding.moment_masks >= 0).all())
    assert bool(((encoding.spans > 0) & (encoding.spans < 1)).all())


def test_masks_are_the_published_formula():
    spans = torch.rand(3, 4, 2, generator=torch.Generator().manual_seed(0)).double() * 0.8 + 0.1
    time = torch.linspace(0, 1, 32).double()
    deviation = spans[..., 1:] / 9
    density = 0.39894228 / deviation * torch.exp(-((time - spans[..., :1]) ** 2) / (2 * deviation**2))
    expected = density / density.amax(dim=-1, keepdim=True)
    assert torch.allclose(log_masks(spans, 32).exp(), expected, atol=1e-6)


def test_a_narrow_moment_between_two_clips_is_no_division_of_zero_by_zero():
    spans = torch.tensor([[[0.5 / 31, 1e-4], [10.49 / 31, 1e-6]]], requires_grad=True)
    masks = log_masks(spans, 32).exp()
    masks.sum().backward()
    assert torch.isfinite(masks).all() and torch.isfinite(spans.grad).all()
    assert torch.equal(masks.amax(dim=-1), torch.ones(1, 2))


def encoding_of(spans: list, clips: int = 11) -> VideoEncoding:
    spans = torch.tensor(spans)
    return VideoEncoding(torch.zeros(len(spans), clips, 4), log_masks(spans, clips).exp(), None, None, spans)


def test_localize_takes_the_moment_over_the_clip_and_clips_it_to_the_video(make_model):
    encoding = encoding_of([[[0.1, 0.4], [0.8, 0.2]], [[0.5, 0.2], [0.9, 0.6]]])
    videos, positions = torch.tensor([0, 0, 1, 1]), torch.tensor([1, 8, 5, 10])
    moment, span = make_model().localize(encoding, videos, positions)
    assert moment.tolist() == [0, 1, 0, 1]
    assert span.flatten().tolist() == pytest.approx([0.0, 0.3, 0.7, 0.9, 0.4, 0.6, 0.6, 1.0])


def test_localize_takes_the_nearest_where_no_mask_reaches(make_model):
    encoding = encoding_of([[[0.1, 0.01], [0.6, 0.01]]])
    moment, _ = make_model().localize(encoding, torch.tensor([0]), torch.tensor([10]))
    assert moment.tolist() == [1]


@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_gradient_is_finite_and_every_parameter_has_one(make_model, videos, queries, form, autocast):
    model = make_model(query_form=form).train()
    tokens, mask, labels = as_form(queries, form)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        encoding = model.encode_video(videos)
        query = model.encode_query(tokens, mask)
        losses = model.losses(query.float(), VideoEncoding(*(field.float() for field in encoding)), labels)
    losses["total"].backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name
