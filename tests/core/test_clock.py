import pytest

from pipeline.core.clock import ROUNDING, clip_count


@pytest.mark.parametrize(
    ("end", "clips"), [(0.0, 1), (0.04, 1), (1.5, 1), (1.52, 2), (3.0, 2), (6.0, 4), (30.04, 21), (86400.0, 57600)]
)
def test_clips_cover_the_picture_to_its_end(end, clips):
    assert clip_count(end, 1.5) == clips


@pytest.mark.parametrize("clips", [1, 2, 7, 400])
def test_the_rounding_of_a_container_makes_no_clip(clips):
    assert clip_count(clips * 1.5 + 0.9 * ROUNDING, 1.5) == clips
    assert clip_count(clips * 1.5 - 0.9 * ROUNDING, 1.5) == clips
    assert clip_count(clips * 1.5 + 5 * ROUNDING, 1.5) == clips + 1
