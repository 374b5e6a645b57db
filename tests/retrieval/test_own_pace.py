"""A model that reads videos at their own pace, with subtitles or without: one by one, in batches, from the disk."""

import pytest
import torch
from helpers import own_pace

from pipeline.corpus.annotated import NO_CLIP, PAST_THE_LAST_CLIP
from pipeline.corpus.corpus import videos_in_parts
from pipeline.evaluation.ranking import rank_corpus
from pipeline.models.common.blocks import initialize
from pipeline.models.common.registry import build
from pipeline.retrieval.index import Index
from pipeline.retrieval.storage import open_index, save
from pipeline.training.batches import Batches

CPU = torch.device("cpu")
with_and_without = pytest.mark.parametrize("subtitles", [True, False])


@pytest.fixture
def videos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    own_pace.register(monkeypatch)
    return own_pace.write_inputs()


def built(subtitles: bool):
    """The corpus of the split val, and a model with random weights."""
    recipe = own_pace.recipe()
    corpus = own_pace.corpus_of("val", own_pace.features(subtitles), recipe)
    size = corpus.videos.subtitle.shape[1]
    model = build(own_pace.NAME, 8, 8, recipe, 9, size)
    assert size == (own_pace.SPOKEN if subtitles else 0) and len(model.videos) == 1 + subtitles
    initialize(model, 0)
    return corpus, model.eval()


@with_and_without
def test_videos_one_by_one_and_in_batches_are_ranked_alike(videos, subtitles):
    corpus, model = built(subtitles)
    listed = [video for video in videos if "val" in video.splits]
    parts = videos_in_parts(listed, "outputs/features", own_pace.features(subtitles), model.recipe, 1)
    whole, one_by_one = Index.build(model, corpus, CPU), Index.build_in_parts(model, parts, len(listed), CPU)
    assert all(map(torch.equal, one_by_one.times, whole.times)) and one_by_one.video_ids == corpus.video_ids
    ranking, other = rank_corpus(whole, corpus), rank_corpus(one_by_one, corpus)
    assert torch.equal(ranking.ranks, other.ranks) and torch.equal(ranking.top.video, other.top.video)
    torch.testing.assert_close(ranking.top.score, other.top.score)
    for query in range(len(corpus.query_ids)):
        alone = whole.search(corpus.query[query : query + 1], corpus.query_mask[query : query + 1], 10)
        assert torch.equal(alone.video[0], ranking.top.video[query])
        assert torch.equal(alone.seconds(whole.times)[0], ranking.top.seconds(corpus.times)[query])


@with_and_without
def test_an_answer_is_a_row_of_its_video(videos, subtitles):
    corpus, model = built(subtitles)
    top = rank_corpus(Index.build(model, corpus, CPU), corpus).top
    start, end = (top.seconds(corpus.times) / own_pace.SECONDS).unbind(dim=-1)
    rows = torch.tensor(own_pace.ROWS)[top.video].clamp(max=own_pace.MOST)
    assert torch.equal(end - start, torch.ones_like(start)) and bool((start == start.round()).all())
    assert bool((end <= rows).all())


def test_what_is_said_counts(videos):
    (corpus, model), (_, other) = built(True), built(False)
    other.load_state_dict({name: values for name, values in model.state_dict().items() if name in other.state_dict()})
    both, seen = (rank_corpus(Index.build(each, corpus, CPU), corpus) for each in (model, other))
    assert not torch.equal(both.top.score, seen.top.score)


@with_and_without
def test_the_opened_index_answers_as_the_built_one_to_the_bit(videos, subtitles):
    corpus, model = built(subtitles)
    config = {
        "model": own_pace.NAME,
        "video_size": 8,
        "query_size": 8,
        "subtitle_size": corpus.videos.subtitle.shape[1],
        "max_query_tokens": 9,
        "recipe": model.recipe.model_dump(),
    }
    index = Index.build(model, corpus, CPU)
    save("index", index, config, videos)
    opened = open_index("index").index
    assert all(map(torch.equal, opened.vectors, index.vectors)) and all(map(torch.equal, opened.times, index.times))
    found, again = (each.search(corpus.query, corpus.query_mask, 7) for each in (index, opened))
    assert all(map(torch.equal, again, found))


@with_and_without
def test_batches_hold_the_rows_what_is_said_in_them_and_the_moments(videos, subtitles):
    corpus, _ = built(subtitles)
    rows, place = corpus.videos, {tuple(query.flatten().tolist()): q for q, query in enumerate(corpus.query)}
    asked = set()
    for batch in Batches(corpus, corpus.labels, 4, CPU).epoch(0, 1):
        assert batch.videos.clips.shape[1] == 0
        for query, label, moment in zip(batch.query, batch.labels.tolist(), batch.moment.tolist(), strict=True):
            number = place[tuple(query.flatten().tolist())]
            video, row = int(corpus.labels[number]), int(corpus.query_ids[number].split("#")[1])
            past = PAST_THE_LAST_CLIP if corpus.spans[number] else NO_CLIP
            assert moment == ([row, row] if corpus.spans[number] and row < own_pace.MOST else [past, past])
            first, count = int(rows.first[video]), int(rows.counts[video])
            mask = batch.videos.frame_mask[label]
            assert int(mask.sum()) == count == min(own_pace.ROWS[video], own_pace.MOST)
            assert torch.equal(batch.videos.frames[label][mask], rows.frames[first : first + count])
            assert torch.equal(batch.videos.subtitle[label][mask], rows.subtitle[first : first + count])
            asked.add(number)
    assert len(asked) == len(corpus.query_ids)
