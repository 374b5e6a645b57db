"""One split as tensors: shapes, order, normalisation, what is missing and what is wrong."""

from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Query, Video, write_queries, write_videos
from pipeline.corpus import split
from pipeline.corpus.corpus import load_corpus, max_query_tokens
from pipeline.corpus.params import FeaturesParams
from pipeline.corpus.sampling import fixed_length, l2_normalize
from pipeline.feature_io.hdf5 import Item, write_features

CLIPS = 8
LENGTHS = {"a": (5, 6), "b": (20, 20), "c": (3, 3)}  # rows of resnet and of slowfast
TOKENS = {"a1": 2, "b1": 4, "b2": 1, "c1": 3}


def rows_of(id: str, length: int, size: int) -> np.ndarray:
    seed = sum(map(ord, id)) * size
    return np.random.default_rng(seed).normal(size=(length, size)).astype(np.float16)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    manifest, features = tmp_path / "manifest", tmp_path / "features"
    splits = {"a": ("train",), "b": ("train", "val"), "c": ("test",), "missing": ("train",)}
    write_videos(manifest / "videos.jsonl", [Video(id, f"{id}.mp4", "0" * 64, 10.0, splits[id]) for id in splits])
    write_queries(
        manifest / "queries.jsonl",
        [
            Query("b2", "b", "second of b", "train", ((1.0, 2.0), (3.0, 4.0)), 2),
            Query("a1", "a", "first of a", "train"),
            Query("b1", "b", "first of b", "train", ((0.0, 5.0),)),
            Query("b3", "b", "without features", "train"),
            Query("m1", "missing", "of a missing video", "train"),
            Query("c1", "c", "first of c", "test"),
        ],
    )
    for stream, (name, size) in enumerate({"resnet": 6, "slowfast": 4}.items()):
        items = [Item(id, rows_of(id, LENGTHS[id][stream], size), {}) for id in sorted(LENGTHS)]
        write_features(features / f"{name}.h5", items, {})
    tokens = [Item(id, rows_of(id, number, 5), {}) for id, number in (TOKENS | {"m1": 2}).items()]
    write_features(features / "query.h5", tokens, {"max_tokens": 30})
    return manifest, features


def corpus_of(folders, split="train", streams=("resnet", "slowfast"), normalize="stream", **changes):
    params = FeaturesParams(streams=list(streams), normalize=normalize)
    recipe = {
        "clips": CLIPS,
        "frames": 0,
        "query_form": "token",
        "modalities": ("visual",),
        "own_pace": False,
        "subtitles": "subtitle",
    } | changes
    return load_corpus(*folders, split, params, SimpleNamespace(**recipe))


def test_shapes_order_and_labels(folders):
    corpus = corpus_of(folders)
    assert corpus.video_ids == ["a", "b"] and corpus.query_ids == ["a1", "b1", "b2"]
    assert corpus.texts == ["first of a", "first of b", "second of b"]
    assert corpus.labels.tolist() == [0, 1, 1] and corpus.durations.tolist() == [10, 10]
    assert corpus.spans == [(), ((0.0, 5.0),), ((1.0, 2.0), (3.0, 4.0))] and corpus.agreement == [1, 1, 2]
    assert corpus.videos.clips.shape == (2, CLIPS, 10) and corpus.query.shape == (3, 4, 5)
    assert corpus.videos.clips.dtype == corpus.query.dtype == torch.float32 and corpus.videos.clips.is_contiguous()
    assert corpus.query_mask.sum(dim=1).tolist() == [2, 4, 1]
    assert not corpus.query[~corpus.query_mask].any()


def test_a_video_of_several_splits_is_in_each(folders):
    manifest, features = folders
    write_queries(manifest / "queries.jsonl", [Query("b1", "b", "first of b", "val")])
    assert corpus_of(folders, "val").video_ids == ["b"]


def test_what_is_missing_is_named_and_left_out(folders):
    corpus = corpus_of(folders)
    assert corpus.missing_videos == ["missing"] and corpus.missing_queries == ["b3", "m1"]
    assert corpus.counts() == {"videos": 2, "queries": 3, "missing_videos": 1, "missing_queries": 2}


def test_rows_keep_their_seconds_and_are_cut_where_the_data_set_ends(folders):
    manifest, features = folders
    write_videos(
        manifest / "videos.jsonl",
        [
            Video("a", "a.mp4", "0" * 64, 7.2, ("train",)),
            Video("b", "b.mp4", "0" * 64, 30.0, ("train",), used_seconds=15.5),
        ],
    )
    for stream, (name, size) in enumerate({"resnet": 6, "slowfast": 4}.items()):
        items = [Item(id, rows_of(id, LENGTHS[id][stream], size), {}) for id in "ab"]
        write_features(features / f"{name}.h5", items, {"clip_seconds": 1.5})
    corpus = corpus_of(folders, streams=["resnet"], normalize="none")
    assert corpus.durations.tolist() == [7.2, 15.5]
    assert corpus.times.spans[:, -1].tolist() == [[6.0, 7.2], [15.0, 15.5]]  # of b, 11 of 20 rows count
    expected = fixed_length(torch.from_numpy(rows_of("b", 20, 6)[:11]).double(), CLIPS).float()
    assert torch.equal(corpus.videos.clips[1], expected)


def test_rows_of_a_pack_cover_the_video_evenly(folders):
    corpus = corpus_of(folders, streams=["resnet"])  # files that do not say how long a row is
    assert corpus.times.borders[0, -1] == 10 and corpus.times.spans[0, 0].tolist() == [0.0, 2.0]


def test_a_video_must_be_in_every_stream(folders):
    _, features = folders
    write_features(features / "slowfast.h5", [Item("b", rows_of("b", 20, 4), {})], {})
    corpus = corpus_of(folders)
    assert corpus.video_ids == ["b"] and corpus.missing_videos == ["a", "missing"]
    assert corpus_of(folders, streams=["resnet"]).video_ids == ["a", "b"]


def averaged(id: str, length: int, size: int) -> torch.Tensor:
    return fixed_length(torch.from_numpy(rows_of(id, length, size)[:5]).double(), CLIPS)


@pytest.mark.parametrize("normalize", ["stream", "joint", "none"])
def test_streams_are_cut_averaged_then_normalised_then_joined(folders, normalize):
    parts = [averaged("a", 5, 6), averaged("a", 6, 4)]  # the second is cut to five rows
    if normalize == "stream":
        parts = [l2_normalize(part) for part in parts]
    expected = torch.cat(parts, dim=1)
    expected = l2_normalize(expected) if normalize == "joint" else expected
    assert torch.equal(corpus_of(folders, normalize=normalize).videos.clips[0], expected.float())


def test_streams_stand_in_the_order_of_the_params(folders):
    one, other = (
        corpus_of(folders, streams=order).videos.clips for order in (("resnet", "slowfast"), ("slowfast", "resnet"))
    )
    assert torch.equal(one, torch.cat([other[..., 4:], other[..., :4]], dim=-1))


def test_tokens_are_normalised_and_the_sentence_is_their_mean(folders):
    tokens, sentences = corpus_of(folders), corpus_of(folders, query_form="sentence")
    norms = tokens.query.norm(dim=-1)[tokens.query_mask]
    assert torch.allclose(norms, torch.ones_like(norms), atol=1e-4)
    assert sentences.query.shape == (3, 1, 5) and sentences.query_mask.all()
    for sentence, query, mask in zip(sentences.query, tokens.query, tokens.query_mask, strict=True):
        assert torch.allclose(sentence[0], query[mask].mean(dim=0), atol=1e-6)


@pytest.mark.parametrize(("file", "id"), [("slowfast.h5", "b"), ("query.h5", "b1")])
def test_a_value_that_is_not_finite_is_named(folders, file, id):
    with h5py.File(folders[1] / file, "r+") as opened:
        opened[id][0, 0] = np.nan
    with pytest.raises(PipelineError, match=f"{file}: .*the features of '{id}'"):
        corpus_of(folders)


@pytest.mark.parametrize(("file", "what"), [("resnet.h5", "no video"), ("query.h5", "no query")])
def test_nothing_usable_is_an_error(folders, file, what):
    write_features(folders[1] / file, [], {})
    with pytest.raises(PipelineError, match=f"{what} of the test split has features"):
        corpus_of(folders, "test")


def test_the_most_tokens_come_from_the_query_file(folders):
    assert max_query_tokens(folders[1]) == 30


def test_frames_are_the_rows_or_as_many_averages_as_are_allowed(folders):
    videos = corpus_of(folders, streams=["resnet"], normalize="none", frames=6).videos
    assert videos.counts.tolist() == [5, 6]  # a has five rows, b twenty
    taken = videos.take(torch.tensor([1, 0]), 6)
    rows_of_a, rows_of_b = (torch.from_numpy(rows_of(id, LENGTHS[id][0], 6)).double() for id in ("a", "b"))
    assert torch.equal(taken.frames[1, :5], rows_of_a.float())
    assert torch.equal(taken.frames[0], fixed_length(rows_of_b, 6).float())
    assert corpus_of(folders).videos.counts.tolist() == [0, 0]


def test_a_split_is_read_once_and_is_the_same_the_second_time(folders, monkeypatch):
    first = corpus_of(folders, frames=6)
    monkeypatch.setattr(split, "rows_of", None)  # nothing can be read any more
    second = corpus_of(folders, frames=6)
    for ours, expected in zip(
        (*second.videos, *second.times, second.query, second.query_mask, second.labels, second.durations),
        (*first.videos, *first.times, first.query, first.query_mask, first.labels, first.durations),
        strict=True,
    ):
        assert torch.equal(ours, expected)
    lists = ("video_ids", "query_ids", "texts", "spans", "agreement", "missing_videos", "missing_queries")
    assert all(getattr(second, name) == getattr(first, name) for name in lists)


@pytest.mark.parametrize(
    "changed",
    [
        {"split": "test"},
        {"streams": ("slowfast", "resnet")},
        {"normalize": "joint"},
        {"query_form": "sentence"},
        {"frames": 2},
        {"clips": CLIPS + 1},
        {"frames": CLIPS, "own_pace": True},
    ],
)
def test_another_form_is_made_anew(folders, monkeypatch, changed):
    corpus_of(folders)
    monkeypatch.setattr(split, "rows_of", None)
    with pytest.raises(TypeError):
        corpus_of(folders, **changed)


def test_other_features_another_length_and_another_query_are_made_anew(folders):
    manifest, features = folders
    before = corpus_of(folders)
    write_features(features / "slowfast.h5", [Item("b", rows_of("b", 19, 4), {})], {"clip_seconds": 1.0})
    assert corpus_of(folders, streams=["slowfast"]).video_ids == ["b"]
    write_features(features / "resnet.h5", [Item("b", rows_of("b", 20, 6), {})], {"clip_seconds": 1.0})
    longer = Video("b", "b.mp4", "0" * 64, 30.0, ("train",))
    cut = corpus_of(folders, streams=["resnet"])
    write_videos(manifest / "videos.jsonl", [longer])
    assert not torch.equal(corpus_of(folders, streams=["resnet"]).videos.clips, cut.videos.clips)
    write_queries(manifest / "queries.jsonl", [Query("b2", "b", "second of b", "train")])
    assert corpus_of(folders, streams=["resnet"]).query_ids == ["b2"] and before.query_ids == ["a1", "b1", "b2"]


def test_texts_and_spans_are_those_of_the_manifest_of_the_day(folders):
    manifest, _ = folders
    corpus_of(folders, "test")
    write_queries(manifest / "queries.jsonl", [Query("c1", "c", "said otherwise", "test", ((1.0, 2.0),), 1, "vt")])
    corpus = corpus_of(folders, "test")
    assert corpus.texts == ["said otherwise"] and corpus.spans == [((1.0, 2.0),)] and corpus.types == ["vt"]


def test_features_that_end_too_early_are_named(folders):
    path = folders[1] / "resnet.h5"
    with open(path, "rb+") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(PipelineError, match="resnet.h5"):
        corpus_of(folders)


BOTH = {"modalities": ("visual", "subtitle")}


@pytest.fixture
def with_subtitles(folders):
    """a has subtitles of fewer rows than its pictures, b of more, c none."""
    items = [Item("a", rows_of("a", 3, 7), {}), Item("b", rows_of("b", 22, 7), {})]
    write_features(folders[1] / "subtitle.h5", items, {})
    return folders


@pytest.mark.parametrize("normalize", ["stream", "joint", "none"])
def test_subtitles_are_apart_where_the_model_asks_for_them(with_subtitles, normalize):
    streams = ("resnet", "subtitle", "slowfast")
    seen = corpus_of(with_subtitles, normalize=normalize, frames=6).videos
    both = corpus_of(with_subtitles, streams=streams, normalize=normalize, frames=6, **BOTH).videos
    assert torch.equal(both.clips, seen.clips) and torch.equal(both.frames, seen.frames)
    rows_of_a = torch.from_numpy(rows_of("a", 3, 7)).double()
    expected = torch.cat(
        [
            torch.cat([rows_of_a, torch.zeros(2, 7)]),  # five rows are seen
            fixed_length(torch.from_numpy(rows_of("b", 22, 7)[:20]).double(), 6),
            torch.zeros(1, 7),
        ]
    )
    expected = expected if normalize == "none" else l2_normalize(expected)
    assert torch.equal(both.subtitle, expected.float())
    assert torch.equal(both.take(torch.tensor([1]), 6).subtitle[0], expected[5:-1].float())


def test_a_video_without_subtitles_has_zeros_and_is_not_missing(with_subtitles):
    corpus = corpus_of(with_subtitles, "test", streams=("resnet", "subtitle"), frames=6, **BOTH)
    assert corpus.video_ids == ["c"] and not corpus.missing_videos
    assert corpus.videos.subtitle.shape == (4, 7) and not corpus.videos.subtitle.any()


def test_subtitles_are_part_of_the_clips_for_a_model_that_does_not_ask(with_subtitles):
    videos = corpus_of(with_subtitles, streams=("resnet", "subtitle")).videos
    assert videos.clips.shape == (2, CLIPS, 13) and videos.subtitle.shape == (1, 0)


def test_no_subtitles_are_given_where_the_streams_do_not_name_them_or_none_exist(with_subtitles):
    assert corpus_of(with_subtitles, frames=6, **BOTH).videos.subtitle.shape == (12, 0)
    write_features(with_subtitles[1] / "subtitle.h5", [], {})
    videos = corpus_of(with_subtitles, streams=("resnet", "subtitle"), frames=6, **BOTH).videos
    assert videos.subtitle.shape == (12, 0) and len(videos.clips) == 2


def test_subtitles_alone_are_refused_where_something_seen_is_asked_for(with_subtitles):
    with pytest.raises(PipelineError, match="name a visual stream beside subtitle"):
        corpus_of(with_subtitles, streams=["subtitle"], **BOTH)


OWN_PACE = BOTH | {"clips": 6, "frames": 6, "own_pace": True}


@pytest.mark.parametrize("normalize", ["stream", "joint", "none"])
def test_at_their_own_pace_the_first_rows_are_as_they_are(with_subtitles, normalize):
    streams = ("resnet", "subtitle")
    corpus = corpus_of(with_subtitles, streams=streams, normalize=normalize, **OWN_PACE)
    videos, rows = corpus.videos, {}
    for name, of_b, width in (("seen", 20, 6), ("said", 22, 7)):
        of_a = 5 if name == "seen" else 3
        parts = rows_of("a", of_a, width), np.zeros((5 - of_a, width)), rows_of("b", of_b, width)[:6]
        joined = torch.from_numpy(np.concatenate(parts)).double()
        rows[name] = (joined if normalize == "none" else l2_normalize(joined)).float()
    assert videos.clips.shape == (2, 0, 6) and videos.counts.tolist() == [5, 6]  # b has twenty rows
    assert torch.equal(videos.frames[:-1], rows["seen"]) and torch.equal(videos.subtitle[:-1], rows["said"])
    assert not videos.frames[-1].any() and not videos.subtitle[-1].any()
    assert corpus.counts()["cut_videos"] == 1


def test_at_their_own_pace_clips_last_as_long_as_rows(folders):
    evenly = corpus_of(folders, streams=["resnet"], **OWN_PACE).times  # nothing says how long a row is
    assert evenly.borders.tolist() == [[0, 2, 4, 6, 8, 10, 10], [0, 0.5, 1, 1.5, 2, 2.5, 3]]
    items = [Item("a", rows_of("a", 5, 6), {}), Item("b", rows_of("b", 20, 6), {})]
    write_features(folders[1] / "resnet.h5", items, {"clip_seconds": 1.5})
    known = corpus_of(folders, streams=["resnet"], **OWN_PACE)
    assert known.times.borders.tolist() == [[0, 1.5, 3, 4.5, 6, 7.5, 7.5], [0, 1.5, 3, 4.5, 6, 7.5, 9]]
    assert known.counts()["cut_videos"] == 1  # b uses ten seconds, which are seven rows


def test_videos_that_are_averaged_are_not_counted_as_cut(folders):
    assert "cut_videos" not in corpus_of(folders, frames=6).counts()
