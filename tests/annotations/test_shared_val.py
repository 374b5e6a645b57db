"""A val split that shares videos with test is no val under `honest`, and stays what it is under `published`."""

import pytest

from pipeline.annotations.common.records import AnnotatedQuery, Annotations, VideoFile
from pipeline.annotations.common.shared_val import leave_out_shared_val
from pipeline.core.manifest import Subtitles

SPLITS = {"both": {"val", "test"}, "only_val": {"val"}, "seen": {"train"}, "asked": {"test"}}


@pytest.fixture
def annotations(tmp_path):
    annotations = Annotations(tmp_path)
    for video_id, splits in SPLITS.items():
        annotations.corpus[video_id] = set(splits)
        for split in sorted(splits):
            query_id = f"{video_id}#{split}"
            annotations.queries.append(AnnotatedQuery(query_id, video_id, "A ball.", "q:1", split))
        annotations.subtitles.append(("s", Subtitles(video_id, ())))
    annotations.files = {video_id: VideoFile(tmp_path, video_id, 1.0) for video_id in SPLITS}
    return annotations


def test_the_whole_val_split_goes(annotations):
    leave_out_shared_val(annotations, "honest")
    assert dict(annotations.corpus) == {"both": {"test"}, "seen": {"train"}, "asked": {"test"}}
    assert [query.query_id for query in annotations.queries] == ["both#test", "seen#train", "asked#test"]
    assert annotations.unused_val_queries == 2
    assert annotations.val_shared == "1 of the 2 videos of the named val split are in test too"
    assert set(annotations.files) == {track.video_id for _, track in annotations.subtitles} == {"both", "seen", "asked"}


@pytest.mark.parametrize("protocol", ["honest", "published"])
def test_what_is_no_such_val_stays(annotations, protocol):
    if protocol == "honest":
        annotations.corpus["both"] = {"val", "train", "test"}  # refused for that, whatever val is
    leave_out_shared_val(annotations, protocol)
    assert len(annotations.queries) == 5 and annotations.val_shared is None
