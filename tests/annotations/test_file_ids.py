"""Files of an id under another release's name."""

from pipeline.annotations.common.file_ids import found_as


def test_the_exact_name_wins_and_v_may_be_missing():
    files = {"abc": ["abc.mp4"], "v_def": ["v_def.mp4"], "def": ["def.mp4"]}
    assert found_as("v_abc", files, {"v_abc"}) == ["abc.mp4"]
    assert found_as("v_def", files, {"v_def"}) == ["v_def.mp4"]
    assert found_as("def", files, {"def"}) == ["def.mp4"] and found_as("v_xyz", files, {"v_xyz"}) == []


def test_a_file_is_not_given_to_two_ids():
    assert found_as("v_abc", {"abc": ["abc.mp4"]}, {"v_abc", "abc"}) == []
