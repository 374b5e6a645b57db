"""Equal content under two ids: a leak where the splits differ, and no other."""

from pipeline.annotations.common.leaks import leaks
from pipeline.core.manifest import Video


def found(*videos):
    return leaks([Video(video_id, None, content, 1.0, tuple(splits)) for video_id, content, *splits in videos])


def test_equal_content_in_two_splits_is_named_and_counted():
    numbers = found(
        *[("a", "1", "train"), ("a2", "1", "train"), ("a3", "1", "test"), ("a4", "1", "test")],
        *[("b", "2", "val"), ("b2", "2", "train"), ("c", "3", "test"), ("d", "4", "train")],
    )
    assert numbers == {
        "test_videos": 2,
        "of": 3,
        "groups": [{"train": ["a", "a2"], "test": ["a3", "a4"]}, {"train": ["b2"], "val": ["b"]}],
    }


def test_copies_within_one_split_and_one_video_in_two_splits_are_none():
    assert found(("a", "1", "test"), ("b", "1", "test"), ("c", "2", "val", "test"))["groups"] == []


def test_a_copy_of_a_test_video_that_is_in_val_too():
    assert found(("a", "1", "val", "test"), ("b", "1", "test"))["test_videos"] == 1
