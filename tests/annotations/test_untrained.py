"""Folders without queries: refused where a model is to be trained, and all for searching where one is reused."""

import json

import pytest
from helpers import prepared

from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.untrained import put_into_test
from pipeline.core.errors import PipelineError
from pipeline.core.learning import write_learns
from pipeline.core.manifest import read_queries, read_videos
from pipeline.core.reused import Reused, write_reused
from stages import prepare, scan

ROWS = [{"vid_name": f"v{k}", "desc": f"Number {k}."} for k in range(3)]


def reuse() -> None:
    """Run the stages as with a reused model, which scan would look for."""
    scan.main()
    write_reused(Reused("trained", {}))
    write_learns(False, False)
    prepare.main()


def test_a_folder_without_queries_can_be_searched_but_not_trained_on(workspace, make_folder):
    source = make_folder(["v0", "v1"], [])
    (source / "queries.jsonl").unlink()
    workspace()
    with pytest.raises(PipelineError) as caught:
        prepared.main()
    assert "no queries.jsonl, queries.csv or train.jsonl: a model, or a localizer, is trained on videos with" in str(
        caught.value
    )
    assert "train.reuse" in caught.value.fix
    reuse()
    assert [(video.video_id, video.splits) for video in read_videos("outputs/manifest/videos.jsonl")] == [
        ("v0", ("test",)),
        ("v1", ("test",)),
    ]
    assert read_queries("outputs/manifest/queries.jsonl") == []
    numbers = json.loads(open("outputs/manifest/prepare.json").read())
    assert (numbers["videos"], numbers["queries"], numbers["queries_per_video"]) == (2, 0, 0)


def test_queries_of_a_run_that_trains_nothing_are_all_evaluated(workspace, make_folder):
    make_folder(["v0", "v1", "v2", "v3"], ROWS)
    workspace()
    reuse()
    assert {query.split for query in read_queries("outputs/manifest/queries.jsonl")} == {"test"}
    assert {video.splits for video in read_videos("outputs/manifest/videos.jsonl")} == {("test",)}


def test_splits_that_are_named_stay_as_they_are(tmp_path):
    annotations = Annotations(tmp_path)
    annotations.corpus |= {"a": {"val"}, "b": set()}
    put_into_test(annotations)
    assert annotations.corpus == {"a": {"val"}, "b": set()}


def test_no_good_video_is_an_error(workspace, make_folder, tmp_path):
    source = make_folder([], [])
    (source / "queries.jsonl").unlink()
    (source / "videos" / "broken.mp4").write_text("no video")
    workspace(max_failed_fraction=1.0)
    with pytest.raises(PipelineError, match="no video is left"):
        reuse()
