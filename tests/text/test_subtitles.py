"""Subtitle features: contexts, clips, what is counted, and that nothing is computed twice."""

import random
from dataclasses import replace

import numpy as np
import pytest
from helpers.hdf5 import attributes_of

from pipeline.core.manifest import Sentence, Subtitles, Video
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.text.subtitles import contexts_of, extract_subtitles

VIDEOS = [
    Video(f"v{index}", f"v{index}.mp4", "0" * 64, duration, ("train",)) for index, duration in enumerate((9.0, 3.2, 5))
]
SPOKEN = Subtitles(
    "v0",
    (
        Sentence("a red disc moves up", 0.862, 1.862),
        Sentence("a blue box", 1.988, 2.863),
        Sentence("then a green star turns left", 4.5, 6.0),
        Sentence("and stops 🙂", 7.6, 7.6),
        Sentence("moves", 7.5, 7.5),
        Sentence("beyond the end", 20.0, 21.0),
    ),
)


@pytest.fixture
def encoder(encoder):
    return replace(encoder, max_tokens=14)


def extract(encoder, store, path, videos=VIDEOS, subtitles=(SPOKEN,), pooling="own_cues"):
    return extract_subtitles(videos, list(subtitles), encoder, 1.5, pooling, store, path)


def read(path) -> dict[str, np.ndarray]:
    with FeatureFile(path) as features:
        return {video_id: features[video_id] for video_id in features.ids()}


@pytest.mark.parametrize("seed", range(5))
def test_contexts_hold_whole_sentences_in_order_and_as_many_as_fit(seed):
    lengths = np.random.default_rng(seed).integers(0, 11, 30).tolist()
    contexts = contexts_of(lengths, 10)
    assert [index for context in contexts for index in context] == list(range(30))[: contexts[-1].stop]
    assert all(0 < sum(lengths[index] for index in context) <= 10 for context in contexts)
    for context, following in zip(contexts, contexts[1:], strict=False):
        assert sum(lengths[index] for index in context) + lengths[following.start] > 10


def test_no_tokens_no_context():
    assert contexts_of([], 10) == contexts_of([0, 0], 10) == []


def test_every_video_has_a_dataset_and_silence_is_zero(encoder, store, tmp_path):
    metrics = extract(encoder, store, tmp_path / "subtitle.h5")
    rows = read(tmp_path / "subtitle.h5")
    assert {video_id: array.shape for video_id, array in rows.items()} == {"v0": (6, 16), "v1": (3, 16), "v2": (4, 16)}
    np.testing.assert_array_equal(np.abs(rows["v0"]).max(1) > 0, [True, True, False, True, False, True])
    assert not rows["v1"].any() and not rows["v2"].any()
    assert (metrics["videos"], metrics["with_subtitles"], metrics["sentences"]) == (3, 1, 6)
    assert metrics["clips"] == 13 and metrics["clips_covered"] == round(4 / 13, 4)
    assert (metrics["sentences_outside"], metrics["sentences_outside_share"]) == (1, round(1 / 6, 4))
    with FeatureFile(tmp_path / "subtitle.h5") as features:
        assert features.provenance["clip_seconds"] == 1.5
    sentences = [attributes_of(tmp_path / "subtitle.h5", video_id)["sentences"] for video_id in ("v0", "v1")]
    assert sentences == [6, 0]


def test_context_crosses_sentences_within_the_limit(encoder, store, tmp_path):
    """12 tokens a context: the first two sentences share one, so the clips are those of one forward pass over both."""
    backwards = Subtitles("v0", SPOKEN.sentences[::-1])
    extract(encoder, store, tmp_path / "subtitle.h5", subtitles=[backwards])
    first, second = (encoder.tokenizer.ids(sentence.text) for sentence in SPOKEN.sentences[:2])
    third = encoder.tokenizer.ids(SPOKEN.sentences[2].text)
    assert len(first) + len(second) <= 12 < len(first) + len(second) + len(third)
    tokens = encoder.roberta.features([*first, *second])
    rows = read(tmp_path / "subtitle.h5")["v0"]
    np.testing.assert_array_equal(rows[0], tokens[: len(first)].max(0).astype(np.float16))
    np.testing.assert_array_equal(rows[1], tokens.max(0).astype(np.float16))


def test_a_credit_that_stands_last_and_a_watermark_leave_other_clips_alone(encoder, store, tmp_path):
    words = Subtitles("v0", (*SPOKEN.sentences[:3], Sentence("and stops", 0.0, 0.5)))
    extract(encoder, store, tmp_path / "own.h5", subtitles=[words])
    extract(encoder, store, tmp_path / "run.h5", subtitles=[words], pooling="published_run")
    own, run = read(tmp_path / "own.h5")["v0"], read(tmp_path / "run.h5")["v0"]
    assert np.abs(own[0]).max() > 0 and not np.array_equal(own[0], run[0])  # in a run, the credit takes all between
    sentences = [encoder.tokenizer.ids(sentence.text) for sentence in words.sentences]
    context = encoder.roberta.features([*sentences[3], *sentences[0], *sentences[1]][:12])
    spoken = len(sentences[3]) + len(sentences[0])
    np.testing.assert_array_equal(own[0], context[:spoken].max(0).astype(np.float16))


def test_each_pooling_has_features_of_its_own(encoder, store, tmp_path):
    extract(encoder, store, tmp_path / "own.h5")
    metrics = extract(encoder, store, tmp_path / "run.h5", pooling="published_run")
    assert (metrics["computed"], metrics["pooling"]) == (1, "published_run")
    assert metrics["sentences_outside"] == 2  # the published rule has no clip for an instant on a border
    for name, pooling in (("own.h5", "own_cues"), ("run.h5", "published_run")):
        with FeatureFile(tmp_path / name) as features:
            assert (features.provenance["pooling"], features.provenance["revision"]) == (pooling, 2)


def test_very_long_sentence_is_cut_and_counted(encoder, store, tmp_path):
    long = Subtitles("v0", (Sentence("a red disc moves up " * 50, 0.0, 1.0), Sentence("and stops", 3.0, 4.0)))
    metrics = extract(encoder, store, tmp_path / "subtitle.h5", subtitles=[long])
    assert (metrics["truncated"], metrics["truncated_share"]) == (1, 0.5)
    ids = encoder.tokenizer.ids(long.sentences[0].text)[:12]
    rows = read(tmp_path / "subtitle.h5")["v0"]
    np.testing.assert_array_equal(rows[0], encoder.roberta.features(ids).max(0).astype(np.float16))
    assert rows[2].any()


def test_sentences_without_tokens_are_silence(encoder, store, tmp_path):
    metrics = extract(encoder, store, tmp_path / "subtitle.h5", subtitles=[Subtitles("v0", (Sentence(" ", 0.0, 9.0),))])
    assert not read(tmp_path / "subtitle.h5")["v0"].any()
    assert metrics["clips_covered"] == 0 and metrics["tokens"] == 0


def test_corpus_without_subtitles_is_all_zeros(encoder, store, tmp_path):
    metrics = extract(encoder, store, tmp_path / "subtitle.h5", subtitles=[])
    assert (metrics["with_subtitles"], metrics["computed"], metrics["clips_covered"]) == (0, 0, 0)
    assert {video_id: array.any() for video_id, array in read(tmp_path / "subtitle.h5").items()} == {
        "v0": False,
        "v1": False,
        "v2": False,
    }


def test_second_run_reuses_and_order_changes_no_byte(encoder, store, tmp_path):
    other = Subtitles("v2", (Sentence("a green star", 0.0, 2.0),))
    first = extract(encoder, store, tmp_path / "a.h5", subtitles=[SPOKEN, other])
    videos = random.Random(3).sample(VIDEOS, len(VIDEOS))
    second = extract(encoder, store, tmp_path / "b.h5", videos, [other, SPOKEN])
    fresh = extract(encoder, type(store)(tmp_path / "other", "text"), tmp_path / "c.h5", videos, [other, SPOKEN])
    assert [(run["computed"], run["reused"]) for run in (first, second, fresh)] == [(2, 0), (0, 2), (2, 0)]
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes() == (tmp_path / "c.h5").read_bytes()


def test_other_videos_change_no_bit_and_a_changed_sentence_recomputes_one(encoder, store, tmp_path):
    extract(encoder, store, tmp_path / "a.h5")
    other = Subtitles("v1", (Sentence("a green star", 0.0, 2.0),))
    metrics = extract(encoder, store, tmp_path / "b.h5", subtitles=[SPOKEN, other])
    assert (metrics["computed"], metrics["reused"]) == (1, 1)
    assert read(tmp_path / "a.h5")["v0"].tobytes() == read(tmp_path / "b.h5")["v0"].tobytes()
