"""Captions, moments and missing parts of a feature pack: counted, named, and never a failure at training time."""

import json

import numpy as np
import pytest
from helpers import prepared
from helpers.packs import write_hdf5

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json
from pipeline.core.manifest import read_queries, read_videos

LENIENT = {"max_failed_fraction": 0.9}


def manifest():
    return (
        read_json("outputs/manifest/prepare.json"),
        {video.video_id: video for video in read_videos("outputs/manifest/videos.jsonl")},
        {query.query_id: query for query in read_queries("outputs/manifest/queries.jsonl")},
    )


def test_captions_name_splits_and_rows_give_lengths(make_pack, layout, workspace):
    made = make_pack(layout)
    workspace(made.source)
    prepared.main()
    numbers, videos, queries = manifest()
    assert {v: video.splits for v, video in videos.items()} == {
        "a_b-1": ("train",), "v_x_7": ("train",), "clip": ("val",), "d": ("test",), "e": ("test",),
    }  # fmt: skip
    assert queries["a_b-1#enc#1"].text == "someone does a_b-1#enc#1" and queries["a_b-1#enc#1"].video_id == "a_b-1"
    assert videos["a_b-1"].duration == 12 * 1.5 and numbers["pack"]["video_features"]["durations_from_rows"] == 5
    assert numbers["pack"]["val_equals_test"] is False and numbers["refused"] == []


def test_moments_give_spans_and_lengths(make_pack, workspace):
    made = make_pack("arrays")
    rows = [
        {"desc_id": "d#enc#0", "vid_name": "d", "ts": [1.0, 2.5], "duration": 9.5, "type": "vt"},
        {"desc_id": "e#enc#1", "vid_name": "e", "ts": [1.0, 7.5], "duration": 6.0},
        {"desc_id": "nobody#enc#0", "ts": [0, 1]},
        {"desc_id": "e#enc#0", "ts": ["0", 1]},
    ]
    (made.texts / "tinytest.moments.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{\n")
    workspace(made.source)
    prepared.main()
    numbers, videos, queries = manifest()
    assert queries["d#enc#0"].spans == ((1.0, 2.5),) and queries["e#enc#1"].spans == ((1.0, 6.0),)
    assert queries["d#enc#0"].type == "vt" and queries["e#enc#1"].type == ""
    assert (
        videos["d"].duration == 9.5
        and numbers["dropped"]["spans_clipped"]["count"] == 1
        and numbers["refused_counts"]["span"] == 3
    )


@pytest.mark.parametrize("same", ["bytes", "ids"])
@pytest.mark.parametrize("protocol", ["honest", "published"])
def test_val_that_equals_test_is_test(make_pack, workspace, same, protocol):
    made = make_pack("arrays")
    lines = (made.texts / "tinytest.caption.txt").read_text().splitlines()
    made.write_captions("val", lines if same == "bytes" else lines[::-1])
    made.write_captions("train", [f"{video}#enc#0 learned" for video in ("a_b-1", "v_x_7", "clip")])
    workspace(made.source, protocol=protocol, prepare={"val_fraction": 0.3})
    prepared.main()
    numbers, videos, _ = manifest()
    assert numbers["pack"]["val_equals_test"] is True and set(numbers["pack"]["captions"]) == {"train", "test"}
    splits = sorted(video.splits for video in videos.values())
    held_out = ("val",) if protocol == "honest" else ("train",)
    assert splits == sorted([("train",), ("train",), held_out, ("test",), ("test",)]) and numbers["refused"] == []


@pytest.mark.parametrize("same_query", [True, False])
@pytest.mark.parametrize("protocol", ["honest", "published"])
def test_val_that_shares_videos_with_test_chooses_nothing(make_pack, workspace, same_query, protocol):
    made = make_pack("arrays")
    made.write_captions("test", ["d#enc#0 a ball", "e#enc#0 a ball", "e#enc#1 a ball"])
    made.write_captions("val", [f"d#enc#{0 if same_query else 1} a ball", "clip#enc#0 a ball"])
    made.write_captions("train", [f"{video}#enc#0 learned" for video in ("a_b-1", "v_x_7")])
    params = {"prepare": {"val_fraction": 0.5}} if protocol == "honest" else {}
    workspace(made.source, protocol=protocol, **params)
    if protocol == "honest":  # of two training videos one is held out, and one is too few
        with pytest.raises(PipelineError, match="the train split has 1 of the 2 videos"):
            prepared.main()
    else:
        prepared.main()
    numbers = read_json("outputs/manifest/prepare.json")
    assert numbers["refused"] == [] and numbers["splits"]["test"] == {"videos": 2, "queries": 3}
    if protocol == "honest":
        cause = "no val split is named" if same_query else "1 of the 2 videos of the named val split are in test too"
        assert numbers["splits"]["val"]["videos"] == 1 and numbers["val_held_out_of_train"] == cause


def test_equal_rows_under_two_ids_are_a_leak(make_pack, workspace):
    made = make_pack("arrays")
    made.videos["e"] = made.videos["v_x_7"]
    made.write_arrays()
    workspace(made.source)
    prepared.main()
    assert read_json("outputs/manifest/prepare.json")["leaks"]["groups"] == [{"train": ["v_x_7"], "test": ["e"]}]


def test_without_test_captions_val_is_test(make_pack, workspace):
    made = make_pack("arrays")
    (made.texts / "tinytest.caption.txt").unlink()
    made.write_captions("train", [f"{video}#enc#0 learned" for video in ("a_b-1", "v_x_7", "d")])
    workspace(made.source, prepare={"val_fraction": 0.3})
    prepared.main()
    numbers, videos, _ = manifest()
    assert videos["clip"].splits == ("test",) and numbers["splits"]["val"]["videos"] == 1
    assert numbers["pack"]["captions"]["test"].endswith("tinyval.caption.txt")


def test_bad_captions_are_refused_with_their_line(make_pack, workspace):
    made = make_pack("arrays")
    lines = [
        "d#enc#0   two   spaces",
        "",
        "d#enc#1",
        "no separator here",
        "../e#enc#0 a path",
        "#enc#0 no video",
        "e#enc#0 \x00\x07",
        "e#enc#1 fine",
        "e#enc#1 again",
        "x" * 300 + "#enc#0 long",
        "d#enc#7 has no features",
    ]
    made.write_captions("test", lines)
    workspace(made.source, **LENIENT)
    prepared.main()
    numbers, _, queries = manifest()
    assert queries["d#enc#0"].text == "two spaces" and {q for q in queries if q[0] in "de"} == {"d#enc#0", "e#enc#1"}
    name = "deep/archive/tiny/TextData/tinytest.caption.txt"
    assert sorted(refused["where"] for refused in numbers["refused"]) == sorted(
        f"{name}:{line}" for line in (3, 4, 5, 6, 7, 9, 10, 11)
    )


def test_missing_and_broken_rows_are_refused_and_counted(make_pack, layout, workspace):
    made = make_pack(layout)
    if layout == "arrays":
        made.videos["d"][1, 2] = np.nan
        del made.videos["clip"]
        made.write_arrays()
    else:
        rows = np.fromfile(made.binary / "feature.bin", "<f4").reshape(-1, 6)
        names = (made.binary / "id.txt").read_text().split()
        rows[names.index("d_1"), 2] = np.inf
        rows.tofile(made.binary / "feature.bin")
        (made.binary / "id.txt").write_text(" ".join(names).replace("clip_0", "other_0"))
    workspace(made.source)
    with pytest.raises(PipelineError, match="2 of 5 videos cannot be used"):
        prepared.main()
    workspace(made.source, protocol="published", **LENIENT)
    prepared.main()
    numbers, videos, queries = manifest()
    assert set(videos) == {"a_b-1", "v_x_7", "e"} and len(queries) == 6
    assert numbers["refused_counts"]["video"] == 2 and numbers["refused_counts"]["query_of_refused_video"] == 4
    causes = {refused["id"]: refused["cause"] for refused in numbers["refused"] if refused["what"] == "video"}
    assert "not finite" in causes["d"] and set(causes) == {"d", "clip"}


def test_ids_without_the_leading_v_are_counted(make_pack, workspace):
    made = make_pack("arrays")
    made.videos["x_7"] = made.videos.pop("v_x_7")
    made.write_arrays()
    made.queries = {id.replace("#enc#", "#"): rows for id, rows in made.queries.items()}
    write_hdf5(made.texts / "roberta_tiny_query_feat.hdf5", made.queries)
    workspace(made.source)
    prepared.main()
    numbers, videos, queries = manifest()
    assert len(videos) == 5 and len(queries) == 10
    assert numbers["pack"]["video_features"]["found_under_another_name"] == 1
    assert numbers["pack"]["query_features"]["found_under_another_name"] == 10


def test_a_pack_is_not_opened_for_another_data_set(make_pack, workspace):
    made = make_pack("arrays")
    workspace(made.source, dataset="folder")
    with pytest.raises(PipelineError, match="no video file"):
        prepared.main()
