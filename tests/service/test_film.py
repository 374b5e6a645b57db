"""A stream shows the video from the asked second on, whatever the file is, with its sound and the right way up."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from helpers.clocked import write_clocked
from helpers.formats import FORMATS, write_format
from helpers.media import streamed
from helpers.numbered import number_of, numbers_of
from helpers.videos import ORIENTATIONS, grey_frames, oriented, write_video

from pipeline.service import film
from pipeline.service.local_video import open_local
from pipeline.video.survey import survey
from pipeline.video.upright import upright

COPIED = {"h264.mp4", "h264_open_gop.mp4", "h264.mkv", "h264.ts"}
GOP = 8 / 24
GREY = grey_frames(30)


def numbered(found) -> tuple[list[float], list[int]]:
    """The seconds of the pictures and the numbers that they show."""
    return [second for second, _ in found.pictures()], numbers_of(frame[::2, ::2] for _, frame in found.pictures())


@pytest.mark.parametrize("name", FORMATS)
def test_the_pictures_from_the_asked_second_on_at_their_seconds(tmp_path, name):
    path = write_format(tmp_path, name)
    starts, found = survey(path).timeline.starts, streamed(path, 0.6)
    assert found.status == 200 and found.complete and found.headers["content-type"] == "video/mp4"
    seconds, numbers = numbered(found)
    if name in COPIED:
        assert found.headers["x-picture"] == "copied" and 0.6 - GOP < seconds[0] <= 0.6
    else:
        assert found.headers["x-picture"] == "encoded" and seconds[0] == 0.6 and numbers[0] == 14
    assert found.start == 0.6 and numbers == list(range(numbers[0], 24))
    np.testing.assert_allclose(seconds[1:], starts[numbers][1:], atol=0.003 if path.suffix != ".avi" else 0.13)


def test_h264_is_copied_bit_by_bit(tmp_path):
    path = write_format(tmp_path, "h264.mkv")

    def packets(file) -> list[bytes]:
        with av.open(file) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]

    found = packets(io.BytesIO(streamed(path, 0.6).body))
    assert 8 < len(found) < 20 and found == packets(str(path))[-len(found) :]


@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuv420p10le"])
def test_h264_that_browsers_do_not_show_is_encoded_anew(tmp_path, pix_fmt):
    path = write_video(tmp_path / "some.mkv", GREY, pix_fmt=pix_fmt)
    found = streamed(path, 1.0)
    assert found.headers["x-picture"] == "encoded" and found.pictures()[-1][0] == pytest.approx(2.9, abs=0.01)


def test_interlaced_pictures_are_encoded_anew(tmp_path):
    path = write_video(tmp_path / "some.mkv", GREY, options={"x264-params": "interlaced=1"})
    found = streamed(path, 0.0)
    assert found.headers["x-picture"] == "encoded" and len(found.pictures()) == 30


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".mpg", ".avi", ".webm", ".wmv"])
def test_sound_and_picture_start_together(tmp_path, suffix):
    found = streamed(write_clocked(tmp_path / f"some{suffix}", range(200), 200, sound=(0.0, 7.0)), 3.5)
    assert found.sound() == pytest.approx((found.start, 7.0), abs=0.09)
    assert [second for second, frame in found.pictures() if number_of(frame) == 150] == pytest.approx([6.0], abs=0.05)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".webm", ".wmv"])
def test_sound_that_starts_later_does_so_in_the_stream(tmp_path, suffix):
    found = streamed(write_clocked(tmp_path / f"some{suffix}", range(200), 200, sound=(4.0, 7.0)), 3.0)
    assert found.sound() == pytest.approx((4.0, 7.0), abs=0.09)


def test_sound_that_ends_early_is_followed_by_silence(tmp_path):
    found = streamed(write_clocked(tmp_path / "some.mkv", range(250), 250, sound=(0.0, 2.0)), 1.0)
    assert found.sound() == pytest.approx((1.0, 2.0), abs=0.09)
    with av.open(io.BytesIO(found.body)) as container:
        assert 5.0 < max(packet.pts * packet.time_base for packet in container.demux(audio=0) if packet.size) < 9.0


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_picture_that_starts_later_does_so_in_the_stream(tmp_path, suffix):
    found = streamed(write_clocked(tmp_path / f"some{suffix}", range(50, 100), 100, sound=(0.0, 4.0)), 0.5)
    assert found.sound() == pytest.approx((0.5, 4.0), abs=0.09)
    assert found.pictures()[0][0] == pytest.approx(2.0, abs=0.03)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("name", ["turned 90", "turned 270", "mirrored", "transposed"])
def test_the_picture_is_upright(tmp_path, name, codec):
    matrix, seen = ORIENTATIONS[name]
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :20] = 255
    image[30:] //= 2
    path = oriented(tmp_path / "turned.mp4", write_video(tmp_path / "plain.mp4", [image] * 3, codec=codec), matrix)
    found = streamed(path, 0.0)
    with av.open(io.BytesIO(found.body)) as container:
        frame = next(container.decode(video=0))
        shown = upright(frame.to_ndarray(format="rgb24"), frame)
    assert shown.shape == seen(image).shape and np.abs(shown.astype(int) - seen(image)).mean() < 12


def test_large_pictures_become_smaller_and_pixels_square(tmp_path):
    path = write_video(
        tmp_path / "some.mkv", grey_frames(2, 1080, 720), codec="mpeg4", codec_settings={"sample_aspect_ratio": 2}
    )
    assert streamed(path, 0.0).pictures()[0][1].shape == (720, 960, 3)


def test_a_picture_that_is_held_is_shown_from_the_start_on(tmp_path):
    path = write_video(tmp_path / "slides.mkv", GREY[::10], codec="mpeg4", times=[0, 90, 180])
    seconds, pictures = zip(*streamed(path, 5.0).pictures(), strict=True)
    assert seconds == pytest.approx((5.0, 9.0, 18.0))
    np.testing.assert_allclose([picture.mean() for picture in pictures], [GREY[k].mean() for k in (0, 10, 20)], atol=8)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_after_the_end_the_last_pictures_are_shown(tmp_path, codec):
    path = write_video(tmp_path / "some.mkv", GREY, codec=codec, options={"g": "10"})
    for start in (99.0, 1e300):
        found = streamed(path, start)
        assert found.complete and found.pictures()[-1][1].mean() == pytest.approx(GREY[-1].mean(), abs=8)


def test_what_is_damaged_is_left_out_of_what_is_encoded(tmp_path):
    path = write_video(tmp_path / "some.mp4", GREY * 3, codec="mpeg4", options={"g": "10"})
    data = bytearray(path.read_bytes())
    for position in range(data.index(b"mdat") + 100, data.index(b"moov") // 2, 40):
        data[position] ^= 0x55
    path.write_bytes(data)
    found = streamed(path, 0.0)
    assert found.complete and found.pictures()[-1][0] == pytest.approx(8.9, abs=0.01)


def test_pictures_may_change_their_size(tmp_path):
    joined = tmp_path / "joined.ts"
    with open(joined, "wb") as file:
        for number, size in enumerate((64, 96)):
            times = range(10 * number, 10 * number + 10)
            part = write_video(tmp_path / "part.ts", grey_frames(10, size, size), codec="mpeg2video", times=times)
            file.write(part.read_bytes())
    pictures = [frame for _, frame in streamed(joined, 0.0).pictures()]
    assert {picture.shape for picture in pictures} == {(64, 64, 3)} and len(pictures) > 15


def test_a_long_film_of_few_bytes_is_not_held_back(tmp_path, monkeypatch):
    path = write_video(tmp_path / "still.mkv", grey_frames(120), fps=1)
    pauses = []
    monkeypatch.setattr(film.time, "sleep", pauses.append)
    with open_local(str(path)) as video, open(tmp_path / "film.mp4", "wb") as written:
        film.film(video, Fraction(0), lambda copied: written)
    assert pauses == []
