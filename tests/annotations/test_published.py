"""The published data sets, read from their original files: counts as published, protocols, what is left out."""

import json
from collections import Counter

import pytest
from helpers.sections import prepare_params

from pipeline.annotations.activitynet import reader as activitynet
from pipeline.annotations.charades import reader as charades
from pipeline.annotations.common.assemble import assemble
from pipeline.annotations.common.shared_val import leave_out_shared_val
from pipeline.annotations.common.videos import VideoFile
from pipeline.annotations.didemo import reader as didemo
from pipeline.annotations.qvhighlights import reader as qvhighlights
from pipeline.annotations.tvr import reader as tvr
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_text
from pipeline.core.manifest import SPLITS

PREPARE = prepare_params()
READERS = {"tvr": tvr, "activitynet": activitynet, "charades": charades, "didemo": didemo, "qvhighlights": qvhighlights}
FOLDERS = {"charades": "charades_sta"}


def with_pretended_videos(annotations, protocol, prepare=PREPARE, seconds=30.0):
    """Assemble as if every video file were there and as long as declared (`seconds` where nothing is)."""
    leave_out_shared_val(annotations, protocol)
    files = {
        v: VideoFile(annotations.source / v, sha256_text(v), annotations.durations.get(v, seconds))
        for v in annotations.corpus
    }
    return assemble(annotations, files, {v: v for v in files}, protocol, prepare)


def counts(result):
    """Videos and queries a split."""
    videos = (sum(split in video.splits for video in result.videos) for split in SPLITS)
    queries = (sum(query.split == split for query in result.queries) for split in SPLITS)
    return tuple(zip(videos, queries, strict=True))


REAL = [
    ("tvr", "honest", ((0, 0), (0, 0), (2179, 10895)), 10895, 0),
    ("activitynet", "published", ((10009, 37421), (4917, 17505), (4885, 17031)), 71953, 506),
    ("activitynet", "honest", ((9008, 33729), (1001, 3692), (4885, 17031)), 54448, 372),
    ("charades", "published", ((5338, 12408), (0, 0), (1334, 3720)), 16124, 2364),
    ("charades", "honest", ((4804, 11148), (534, 1260), (1334, 3720)), 16124, 2364),
    ("didemo", "honest", ((0, 0), (1065, 4180), (1004, 4021)), 32883, 0),
    ("qvhighlights", "honest", ((7100, 7218), (1519, 1550), (1529, 1542)), 18367, 0),
]


@pytest.mark.parametrize(("dataset", "protocol", "expected", "spans", "clipped"), REAL)
def test_real_counts(real_data, dataset, protocol, expected, spans, clipped):
    annotations = READERS[dataset].read(real_data / "annotations" / FOLDERS.get(dataset, dataset), None)
    result = with_pretended_videos(annotations, protocol)
    assert counts(result) == expected
    assert sum(len(query.spans) for query in result.queries) == spans
    assert result.dropped["spans_clipped"][0] == clipped
    assert {refused.what for refused in result.refused} <= {"span"}
    assert result.dropped["spans_without_length"][0] == (2 if dataset == "activitynet" else 0)
    train = {v.video_id for v in result.videos if "train" in v.splits}
    assert not train & {v.video_id for v in result.videos if {"val", "test"} & set(v.splits)}
    in_split = {(v.video_id, split) for v in result.videos for split in v.splits}
    assert all((query.video_id, query.split) in in_split for query in result.queries)
    agreement = 2 if dataset == "didemo" else 1
    assert all(q.agreement == agreement and all(0 <= s <= e for s, e in q.spans) for q in result.queries)


def test_real_slips_of_the_annotators_cost_the_span_not_the_query(real_data):
    annotations = charades.read(real_data / "annotations" / "charades_sta", None)
    result = with_pretended_videos(annotations, "published")
    assert [(r.what, r.id, r.where) for r in result.refused][0] == ("span", "LEOL6#0", "charades_sta_train.txt:8252")
    assert len(result.refused) == 4
    assert next(q for q in result.queries if q.query_id == "LEOL6#0").spans == ()
    assert annotations.durations["LEOL6"] == 6.25


def test_real_tvr_counts_what_it_does_not_use(real_data):
    annotations = tvr.read(real_data / "annotations" / "tvr", None)
    assert annotations.unused == {"tvr_test_public_release.jsonl": 5445}
    assert annotations.absent == ["tvr_train_release.jsonl"]
    first = annotations.queries[0]
    assert (first.query_id, first.spans) == ("90200", ((16.48, 33.87),))


def test_real_records(real_data):
    root = real_data / "annotations"
    first = activitynet.read(root / "activitynet", None).queries[0]
    assert (first.query_id, first.where) == ("v_QOlSCBRmfWY#train#0", "train.json:v_QOlSCBRmfWY[0]")
    first = didemo.read(root / "didemo", None).queries[0]
    assert (first.query_id, first.video_id) == ("49152", "35034348999@N01_6060447507_dc1a90b8ef")
    assert first.spans == ((5.0, 10.0), (5.0, 10.0), (5.0, 10.0), (0.0, 5.0))
    test = [query for query in qvhighlights.read(root / "qvhighlights", None).queries if query.split == "test"]
    assert (test[0].query_id, test[0].spans) == ("3158", ((70.0, 110.0),))
    types = Counter(query.type for query in tvr.read(root / "tvr", None).queries)
    assert types == {"v": 8097, "vt": 1834, "t": 964}


def test_qvhighlights_test_without_truth(real_data, tmp_path):
    name = "highlight_test_release.jsonl"
    (tmp_path / name).symlink_to(real_data / "annotations" / "qvhighlights" / name)
    annotations = qvhighlights.read(tmp_path, None)
    assert len(annotations.queries) == 1542 and not any(query.spans for query in annotations.queries)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_annotation_file_at_all(reader, tmp_path):
    with pytest.raises(PipelineError, match="none of the annotation files .* is here"):
        reader.read(tmp_path, None)


QVH = {"qid": 1, "query": "A boat.", "vid": "v", "duration": 10, "relevant_windows": [[0, 2]]}
DIDEMO = {"annotation_id": 1, "description": "A boat.", "video": "v.mov", "times": [[0, 1], [1, 1]]}
TVR = {"vid_name": "v", "desc": "A boat.", "desc_id": 1, "ts": [0, 2], "duration": 10}
ACTIVITYNET = {"duration": 10, "timestamps": [[0, 1], [1, 2]], "sentences": ["A boat.", "A river."]}

NO_PATH = "holds a slash or backslash; an id is a plain name, not a path"
NO_CHUNKS = "`times` is not a list of [first, last] chunks"
ONE_SENTENCE = {**ACTIVITYNET, "sentences": ["A boat."]}

POISON = [
    (tvr, "tvr_val_release.jsonl", [{**TVR, "desc_id": None}, TVR], ":1", "`desc_id` is missing or empty", 1),
    (tvr, "tvr_val_release.jsonl", [TVR, {**TVR, "desc": "-"}], ":2", "`desc` holds no word", 1),
    (qvhighlights, "highlight_val_release.jsonl", [{**QVH, "duration": 0}, QVH], ":1", "`duration` is zero", 1),
    (qvhighlights, "highlight_val_release.jsonl", [{**QVH, "relevant_windows": [[1]]}, QVH], ":1",
     "`relevant_windows` is not a [start, end] pair", 1),
    (didemo, "val_data.json", [{**DIDEMO, "times": []}, DIDEMO], ":[0]", NO_CHUNKS, 1),
    (didemo, "val_data.json", [DIDEMO, {**DIDEMO, "times": [[0, 1], [2, 1]]}], ":[1]",
     "the chunks 2 to 1 are no span", 1),
    (didemo, "val_data.json", [DIDEMO, {**DIDEMO, "times": [[0, 0]]}], ":[1]",
     "`times` has 1 annotation, and a prediction must agree with 2", 1),
    (didemo, "val_data.json", [DIDEMO, "text"], ":[1]", "not a JSON object", 1),
    (didemo, "val_data.json", [DIDEMO, {**DIDEMO, "video": "../v.mov"}], ":[1]", f"`video` {NO_PATH}", 1),
    (activitynet, "val.json", {"v": ACTIVITYNET, "w": ONE_SENTENCE}, ":w[1]", "`sentences` is missing", 3),
    (activitynet, "val.json", {"v": ACTIVITYNET, "w": {**ACTIVITYNET, "duration": -1}}, ":w",
     "`duration` is negative: -1", 2),
    (activitynet, "val.json", {"v": ACTIVITYNET, "w": 5}, ":w", "no lists `sentences` and `timestamps`", 2),
    (activitynet, "val.json", {"v": ACTIVITYNET, "w/x": ACTIVITYNET}, ":w/x", f"`video id` {NO_PATH}", 2),
    (charades, "charades_sta_test.txt", ["v 0 1##a boat.", "v 0 1 a boat."], ":2",
     "not `<video> <start> <end>##<sentence>`", 1),
    (charades, "charades_sta_test.txt", ["v 0 x##a boat.", "v 0 1##a boat."], ":1", "not two times in seconds: 0 x", 1),
    (charades, "charades_sta_test.txt", ["v 0 inf##a boat.", "v 0 1##a boat."], ":1",
     "`time` is not a finite number", 1),
    (charades, "charades_sta_test.txt", ["v 0 1##", "v 0 1##a boat."], ":1", "`sentence` holds no word", 1),
]  # fmt: skip


@pytest.mark.parametrize(("reader", "name", "content", "where", "cause", "good"), POISON)
def test_a_poisoned_record_is_named_and_the_good_go_on(tmp_path, reader, name, content, where, cause, good):
    if name.endswith(".json"):
        text = json.dumps(content)
    else:
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in content)
    (tmp_path / name).write_text(text)
    annotations = reader.read(tmp_path, None)
    assert [(refused.where, refused.cause) for refused in annotations.refused] == [(name + where, cause)]
    assert len(annotations.queries) == good


def test_qvhighlights_windows_may_be_null(tmp_path):
    (tmp_path / "highlight_val_release.jsonl").write_text(json.dumps({**QVH, "relevant_windows": None}))
    (query,) = qvhighlights.read(tmp_path, None).queries
    assert query.spans == ()


@pytest.mark.parametrize(("max_seconds", "used"), [("auto", 30.0), ("none", 52.0), (40, 40.0)])
def test_of_didemo_the_first_30_seconds_are_used(tmp_path, max_seconds, used):
    (tmp_path / "test_data.json").write_text(json.dumps([{**DIDEMO, "times": [[5, 5], [4, 5]]}]))
    params = PREPARE.model_copy(update={"max_seconds": max_seconds})
    result = with_pretended_videos(didemo.read(tmp_path, None), "published", params, seconds=52.0)
    assert [(video.duration, video.used_seconds) for video in result.videos] == [(52.0, used)]
    assert result.queries[0].spans == ((25.0, 30.0), (20.0, 30.0)) and result.dropped["spans_clipped"][0] == 0
    assert result.dropped["videos_cut"] == (int(used < 52), 1)


def test_activitynet_video_described_twice_in_one_file(tmp_path):
    record = json.dumps(ACTIVITYNET)
    (tmp_path / "val_1.json").write_text(f'{{"v": {record}, "w": {record}, "v": {record}}}')
    annotations = activitynet.read(tmp_path, None)
    assert [(r.what, r.where, r.cause) for r in annotations.refused] == [
        ("video", "val_1.json:v", "the video is described twice in this file")
    ]
    assert set(annotations.corpus) == {"w"}


def test_a_whole_file_that_is_no_such_data_set(tmp_path):
    (tmp_path / "val.json").write_text("[]")
    with pytest.raises(PipelineError, match=r"val\.json: not a JSON object keyed by video id"):
        activitynet.read(tmp_path, None)
    (tmp_path / "val_data.json").write_text("{}")
    with pytest.raises(PipelineError, match=r"val_data\.json: not a JSON list"):
        didemo.read(tmp_path, None)


def test_a_video_in_train_and_in_test_is_refused(tmp_path):
    for name in ("train", "val", "test"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"both": ACTIVITYNET, f"only_{name}": ACTIVITYNET}))
    result = with_pretended_videos(activitynet.read(tmp_path, None), "honest")
    assert [(r.what, r.id, r.cause) for r in result.refused] == [
        ("video", "both", "it is in train and in test and val: a model would be tested on what it has seen")
    ]
    assert len(result.with_video) == 6 and len(result.queries) == 6


def test_tvr_subtitles_of_its_videos_only(tmp_path):
    (tmp_path / "tvr_val_release.jsonl").write_text(json.dumps(TVR))
    tracks = [{"vid_name": name, "sub": [{"text": "A : hi", "start": 0, "end": 1}]} for name in ("v", "elsewhere")]
    (tmp_path / "tvqa_preprocessed_subtitles.jsonl").write_text("".join(json.dumps(t) + "\n" for t in tracks))
    annotations = tvr.read(tmp_path, None)
    assert [track.video_id for _, track in annotations.subtitles] == ["v"] and annotations.refused == []
