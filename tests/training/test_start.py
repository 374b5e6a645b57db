"""A model that starts from canonical correlations: its baseline ranks as they do, and it ranks before any step."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from pipeline.models.common.blocks import initialize
from pipeline.models.common.interface import moment_spans
from pipeline.models.common.registry import build
from pipeline.retrieval.index import Index
from pipeline.retrieval.metrics import corpus_ranks, recall
from pipeline.training.batches import Batches, derange
from pipeline.training.loop import optimizer_of, train_step
from pipeline.training.start import LIFT, start_from_cca

MODELS = ["amdnet", "gmmformer", "ms_sl", "prem"]
CPU = torch.device("cpu")


@pytest.fixture
def made(recipe_of):
    """made(name, corpus, labels=None, hidden=36) -> the model as it starts, and its last baseline, or None."""

    def make(name, corpus, labels=None, hidden=36, **changes):
        recipe = recipe_of(name).model_copy(update={"hidden": hidden, **changes})
        sizes = corpus.videos.clips.shape[2], corpus.query.shape[2]
        model = build(name, *sizes, recipe, 30, corpus.videos.subtitle.shape[1])
        initialize(model, 0)
        return model, None if labels is None else start_from_cca(model, corpus, labels)[-1]

    return make


@pytest.fixture
def noisy(make_corpus):
    """A corpus of 60 videos, of which queries find a part: words that say nothing stand among those that do."""
    corpus = make_corpus(60)
    draw = torch.Generator().manual_seed(3)
    corpus.query[:, 2:] = torch.randn(corpus.query[:, 2:].shape, generator=draw)
    corpus.query[:, :2] += torch.randn(corpus.query[:, :2].shape, generator=draw)
    corpus.videos.clips.add_(2 * torch.randn(corpus.videos.clips.shape, generator=draw))
    return corpus


def ranks(model, corpus):
    return corpus_ranks(model, corpus, CPU)


def sum_of_recall(model, corpus):
    return recall(ranks(model, corpus))["SumR"]


@pytest.mark.parametrize("hidden", [36, 68])  # as many units as the directions take, and twice as many
@pytest.mark.parametrize(
    ("name", "changes"),
    [("amdnet", {}), ("amdnet", {"query_form": "sentence"}), ("gmmformer", {}), ("ms_sl", {})],
)
def test_its_baseline_ranks_by_the_cosines_of_the_directions(made, noisy, name, changes, hidden):
    if changes:
        noisy.query[:] = noisy.query.mean(dim=1, keepdim=True)
    model, baseline = made(name, noisy, noisy.labels, hidden=hidden, **changes)
    # Training starts with the directions themselves in the first units, 16 of each sign, a lift added.
    (seen, *_), (said, *_) = model.projections()
    clips, words = (
        part.norm(rows) @ part.linear.weight[:16].T + part.linear.bias[:16] - LIFT
        for part, rows in ((seen, noisy.videos.clips), (said, noisy.query))
    )
    places = F.normalize(clips, dim=-1)
    if name == "ms_sl":
        places = F.normalize(model.averages @ places, dim=-1)
    scores = torch.einsum("qd,vnd->qvn", words.mean(dim=1), places).amax(dim=-1)
    expected = (scores >= scores.gather(1, noisy.labels[:, None])).sum(dim=1)
    assert 1.5 < expected.float().mean() < 20  # it is no trivial ranking
    model.load_state_dict(baseline)
    assert (ranks(model, noisy) - expected).abs().float().mean() < 0.1


@pytest.fixture
def at_own_pace(noisy):
    """The noisy corpus for a model whose clips are the frame rows: they are as noisy as the clips were."""
    videos = noisy.videos
    draw = torch.Generator().manual_seed(4)
    noise = 2 * torch.randn(videos.frames.shape, generator=draw)
    return replace(noisy, videos=videos._replace(clips=videos.clips[:, :0], frames=videos.frames + noise))


def said(corpus, size):
    """The corpus with a subtitle of `size` values in every second frame row, those of some query."""
    rows = corpus.query[torch.arange(len(corpus.videos.frames)) % len(corpus.query), 0].repeat(1, 2)[:, :size].clone()
    rows[::2] = 0
    return replace(corpus, videos=corpus.videos._replace(subtitle=rows))


@pytest.mark.parametrize("size", [0, 16, 20])  # no subtitles, such as queries are, and others
def test_the_baseline_of_prem_ranks_by_what_is_seen(made, at_own_pace, size):
    corpus = said(at_own_pace, size) if size else at_own_pace
    model, baseline = made("prem", corpus, corpus.labels)
    (seen, *_), (words, *same) = model.projections()
    assert len(same) == (size == corpus.query.shape[2])
    frames, query = (
        part.norm(rows) @ part.linear.weight[:16].T + part.linear.bias[:16] - LIFT
        for part, rows in ((seen, corpus.videos.frames), (words, corpus.query))
    )
    cosines = query.mean(dim=1) @ F.normalize(frames, dim=-1).T
    videos = zip(corpus.videos.first.tolist(), corpus.videos.counts.tolist(), strict=True)
    scores = torch.stack([cosines[:, first : first + count].amax(dim=1) for first, count in videos], dim=1)
    expected = (scores >= scores.gather(1, corpus.labels[:, None])).sum(dim=1)
    assert 1.5 < expected.float().mean() < 20
    model.load_state_dict(baseline)
    assert (ranks(model, corpus) - expected).abs().float().mean() < (2 if same else 0.1)


def test_words_that_are_said_are_found_before_the_first_step(made, at_own_pace):
    corpus = said(at_own_pace, 16)
    videos = corpus.videos
    videos.subtitle.zero_()
    first_query = torch.cat([torch.tensor([True]), corpus.labels.diff() > 0])
    videos.subtitle[videos.first[corpus.labels[first_query]]] = corpus.query[first_query].mean(dim=1)
    found = ranks(made("prem", corpus, corpus.labels)[0], corpus)[first_query].float().mean()
    silent = replace(corpus, videos=videos._replace(subtitle=torch.zeros_like(videos.subtitle)))
    assert found < 0.7 * ranks(made("prem", silent, silent.labels)[0], silent)[first_query].float().mean()


@pytest.mark.parametrize("name", MODELS)
def test_it_ranks_before_the_first_step_as_the_labels_say(made, make_corpus, name):
    corpus = make_corpus(40)
    started = sum_of_recall(made(name, corpus, corpus.labels)[0], corpus)
    assert started > sum_of_recall(made(name, corpus)[0], corpus) + 50
    assert started > sum_of_recall(made(name, corpus, derange(corpus.labels, 0))[0], corpus) + 50


@pytest.mark.parametrize("name", MODELS)
def test_it_starts_twice_alike(made, make_corpus, name):
    corpus = make_corpus(12)
    (one, baseline), (two, again) = (made(name, corpus, corpus.labels) for _ in range(2))
    assert all(torch.equal(before, after) for before, after in zip(one.parameters(), two.parameters(), strict=True))
    assert all(torch.equal(baseline[key], again[key]) for key in baseline)


@pytest.mark.parametrize("name", MODELS)
def test_everything_is_trained_from_there(made, make_corpus, name):
    corpus = make_corpus(12)
    model, _ = made(name, corpus, corpus.labels)
    before = {key: tensor.clone() for key, tensor in model.named_parameters()}
    changes = {"learning_rate": 1e-3, "warmup": 0.0, "weight_decay": 0.0}
    optimizer = optimizer_of(model, model.recipe.model_copy(update=changes), 10)
    for batch in Batches(corpus, corpus.labels, 6, CPU).epoch(0, 1):
        train_step(model.train(), batch, optimizer, 1)
    still = {key for key, tensor in model.named_parameters() if torch.equal(tensor, before[key])}
    # What a bias adds to all scores of a softmax alike changes nothing; the second step is the first that reaches
    # queries and keys.
    assert not {key for key in still if not key.endswith(("key.bias", "pooling.logits.bias"))}


def test_the_moments_of_amdnet_start_side_by_side_and_leave_nothing_out(made, make_corpus):
    corpus = make_corpus(12)
    model, baseline = made("amdnet", corpus, corpus.labels)
    model.load_state_dict(baseline)
    start, end = moment_spans(Index.build(model, corpus, CPU).vectors.spans).unbind(-1)
    assert (start.diff(dim=1) > 0.1).all() and (end.diff(dim=1) > 0.1).all()
    assert (start[:, 1:] < end[:, :-1]).all()
    assert start[:, 0].max() < 0.05 and end[:, -1].min() > 0.95
