"""A browser plays a file, or a stream that is made for it, or nothing: by what is in the file, not by its name."""

import os
import shutil

import av
import pytest
from av.stream import Disposition
from helpers.clocked import write_clocked
from helpers.formats import write_format
from helpers.media import indexed, left_behind
from helpers.videos import grey_frames, write_sound, write_video

from pipeline.service import playing
from pipeline.service.playing import how, how_each
from pipeline.service.process import start

FRAMES = grey_frames(8, 64, 64)
FOUND = {
    "h264.mp4": "file", "av1.mp4": "file", "vp9.webm": "file", "av1.webm": "file",
    "h264.mkv": "stream", "h264.avi": "stream", "h264.ts": "stream", "hevc.mp4": "stream", "vp9.mkv": "stream",
    "mpeg4_b.mp4": "stream", "mpeg2.ts": "stream", "wmv2.asf": "stream",
}  # fmt: skip

WITH_SOUND = {"s.mp4": "file", "s.mov": "file", "s.webm": "file", "s.mkv": "stream"}


def test_what_browsers_play(tmp_path):
    videos = [indexed(write_format(tmp_path, name, 8)) for name in FOUND]
    assert how_each(videos) == list(FOUND.values())


@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuv444p", "yuv420p10le"])
def test_h264_of_other_pixels_is_streamed(tmp_path, pix_fmt):
    assert how(indexed(write_video(tmp_path / "some.mp4", FRAMES, pix_fmt=pix_fmt))) == "stream"


@pytest.mark.parametrize(("name", "found"), WITH_SOUND.items())
def test_with_sound(tmp_path, name, found):
    assert how(indexed(write_clocked(tmp_path / name, range(25), 25, sound=(0.0, 1.0)))) == found


def test_sound_that_browsers_do_not_know_is_streamed(tmp_path):
    path = shutil.move(write_clocked(tmp_path / "s.mpg", range(25), 25, sound=(0.0, 1.0)), tmp_path / "s.mp4")
    assert how(indexed(path)) == "stream"


def test_a_name_alone_makes_no_file(tmp_path):
    mkv, mp4 = write_video(tmp_path / "a.mkv", FRAMES), write_video(tmp_path / "b.MP4", FRAMES)
    names = [shutil.copy(mkv, tmp_path / "mkv.mp4"), shutil.copy(mkv, tmp_path / "mkv.webm"), mp4]
    assert how_each([indexed(path) for path in names]) == ["stream", "stream", "file"]


def test_what_holds_no_picture_is_not_played(tmp_path):
    (tmp_path / "text.mp4").write_text("no video " * 1000)
    (tmp_path / "empty.mp4").touch()
    sound = write_sound(tmp_path / "sound.mp4")
    paths = [None, tmp_path, tmp_path / "gone.mp4", tmp_path / "text.mp4", tmp_path / "empty.mp4", sound]
    before = left_behind()
    assert how_each([indexed(path) for path in paths]) == ["none"] * 6 and left_behind() == before


def test_an_answer_is_kept_until_the_file_changes(tmp_path, monkeypatch):
    path, started = write_video(tmp_path / "some.mp4", FRAMES), []
    monkeypatch.setattr(playing, "start", lambda *asked: started.append(asked) or start(*asked))
    assert how_each([indexed(path), indexed(path)]) == ["file", "file"] and how(indexed(path)) == "file"
    assert len(started) == 1
    write_video(path, FRAMES, codec="mpeg4")
    assert how(indexed(path)) == "stream" and len(started) == 2


def test_a_file_that_hangs_costs_no_other_its_answer(tmp_path, monkeypatch):
    good, pipe, other = write_video(tmp_path / "a.mp4", FRAMES), tmp_path / "b.mp4", tmp_path / "c.mp4"
    shutil.copy(good, other)
    os.mkfifo(pipe)
    monkeypatch.setattr(playing, "_file", lambda video: (video.path, (0, 0)))
    monkeypatch.setattr(playing, "_SECONDS", 1.0)
    assert how_each([indexed(path) for path in (good, pipe, other)]) == ["file", "none", "file"]


@pytest.mark.parametrize(("best", "found"), [(0, "file"), (1, "stream")])
def test_of_two_pictures_browsers_show_the_first(tmp_path, best, found):
    path = tmp_path / "two.mp4"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=10) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height = 64, 48
        streams[best].disposition = Disposition.default
        container.start_encoding()
        for stream in streams:
            frames = [av.VideoFrame.from_ndarray(pixels, format="rgb24") for pixels in grey_frames(3, 48, 64)]
            container.mux([packet for frame in [*frames, None] for packet in stream.encode(frame)])
    assert how(indexed(path)) == found
