"""A poster is the frame on screen, upright and small; a file without one says why, and nothing is left behind."""

import asyncio
import os
import shutil

import numpy as np
import psutil
import pytest
from helpers.clocked import write_clocked
from helpers.formats import FORMATS, write_format
from helpers.media import indexed, left_behind, pixels, poster
from helpers.numbered import number_of
from helpers.videos import ORIENTATIONS, grey_frames, oriented, write_sound, write_video

from pipeline.service import posters
from pipeline.service.errors import MISSING, UNREADABLE, MediaError
from pipeline.service.posters import WIDTHS, Posters
from pipeline.service.process import Child
from pipeline.video.survey import survey

GREY = grey_frames(30)


@pytest.mark.parametrize("name", FORMATS)
def test_the_frame_on_screen_in_every_format(tmp_path, name):
    path = write_format(tmp_path, name)
    seen = [number_of(poster(path, seconds)[::2, ::2]) for seconds in (0.0, 13 / 24, 0.85, 99.0, 1e300)]
    assert seen == [0, 13, 20, 23, 23]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".mpg", ".avi", ".webm"])
def test_seconds_are_those_of_a_player_where_the_sound_starts_first(tmp_path, suffix):
    path = write_clocked(tmp_path / f"late{suffix}", range(25, 600), 600, sound=(0.0, 24.0))
    starts = survey(path).timeline.starts.tolist()
    assert suffix == ".avi" or starts[0] == pytest.approx(1.0, abs=0.05)
    assert [number_of(poster(path, starts[frame] + 0.03)) for frame in (0, 12, 333, 572)] == [0, 12, 333, 572]
    assert number_of(poster(path, 0.0)) == 0


def test_only_what_leads_up_to_a_late_frame_is_decoded(tmp_path):
    path = write_video(tmp_path / "long.mkv", GREY * 10, options={"g": "10"})
    early = poster(path, 2.0)
    data = path.read_bytes()
    path.write_bytes(data[:1500] + bytes(300) + data[1800:])
    assert early.shape and poster(path, 25.0).mean() == pytest.approx(GREY[250 % 30].mean(), abs=8)


@pytest.mark.parametrize("name", ["turned 90", "turned 180", "mirrored", "transposed"])
def test_the_picture_is_upright(tmp_path, name):
    matrix, seen = ORIENTATIONS[name]
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :20] = 255
    image[30:] //= 2
    path = oriented(tmp_path / "turned.mp4", write_video(tmp_path / "plain.mp4", [image]), matrix)
    found = poster(path, 0.0)
    assert found.shape == seen(image).shape and np.abs(found.astype(int) - seen(image)).mean() < 12


def test_a_poster_is_as_wide_as_asked_but_not_wider_than_its_video(tmp_path):
    path = write_video(tmp_path / "wide.mp4", grey_frames(1, 240, 400))
    assert [poster(path, 0.0, width).shape for width in WIDTHS] == [(96, 160, 3), (192, 320, 3), (240, 400, 3)]


def test_a_very_tall_picture_becomes_narrower(tmp_path):
    path = write_video(tmp_path / "tall.mp4", grey_frames(1, 1600, 64))
    height, width, _ = poster(path, 0.0, 160).shape
    assert height <= 2 * 160 and width < 16


@pytest.mark.parametrize(("width", "seconds"), [(161, 0.0), (0, 0.0), (160, float("nan")), (160, float("inf"))])
def test_other_widths_and_times_are_refused(tmp_path, width, seconds):
    with pytest.raises(ValueError, match="poster"):
        asyncio.run(Posters().get(indexed(tmp_path), seconds, width))


def test_a_file_without_a_picture_says_why_and_not_where(tmp_path):
    missing, folder, none = tmp_path / "secret" / "gone.mp4", tmp_path, None
    empty, text, sound, torn = (tmp_path / f"secret_{name}.mp4" for name in ("empty", "text", "sound", "torn"))
    empty.touch()
    text.write_text("not a video " * 1000)
    write_sound(sound)
    torn.write_bytes(write_video(tmp_path / "whole.mp4", GREY).read_bytes()[:-600])
    for path, status in [
        (missing, MISSING), (folder, MISSING), (none, MISSING),
        (empty, UNREADABLE), (text, UNREADABLE), (sound, UNREADABLE), (torn, UNREADABLE),
    ]:  # fmt: skip
        with pytest.raises(MediaError) as raised:
            poster(path, 0.0)
        assert raised.value.status == status
        assert str(raised.value).endswith(".") and "secret" not in str(raised.value) and "/" not in str(raised.value)


def test_a_damaged_frame_is_no_poster(tmp_path):
    path = write_video(tmp_path / "some.mkv", GREY, options={"g": "10"})
    data = bytearray(path.read_bytes())
    for position in range(700, len(data) - 200, 40):
        data[position] ^= 0x55
    path.write_bytes(data)
    with pytest.raises(MediaError):
        poster(path, 2.9)


def test_a_name_that_is_not_utf_8_is_opened(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9 100%d \xff.mp4")
    shutil.move(write_video(tmp_path / "plain.mp4", GREY), path)
    assert poster(path, 0.0).size


def test_a_decoder_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    path = write_video(tmp_path / "some.mp4", GREY)
    before = left_behind()
    monkeypatch.setattr(posters, "SECONDS", 0.001)
    with pytest.raises(MediaError, match="in time"):
        poster(path, 0.0)
    assert left_behind() == before


def test_what_was_taken_is_kept_until_the_file_changes(tmp_path, monkeypatch):
    path, taken = write_video(tmp_path / "some.mp4", GREY), []
    ask = Child.asked

    def counted(**question):
        taken.append(question["second"])
        return ask(**question)

    monkeypatch.setattr(Child, "asked", counted)

    async def seen() -> list[bytes]:
        shelf = Posters()
        first = await asyncio.gather(*[shelf.get(indexed(path), 1.0, 160) for _ in range(3)])
        write_video(path, GREY[::-1])
        return [*first, await shelf.get(indexed(path), 1.0, 160)]

    first, *again, changed = asyncio.run(seen())
    assert again == [first, first] and taken == [1.0, 1.0]
    assert abs(pixels(changed).mean() - pixels(first).mean()) > 30


def test_as_many_are_kept_as_fit(tmp_path, monkeypatch):
    path, taken = write_video(tmp_path / "some.mp4", GREY), []
    ask = Child.asked

    def counted(**question):
        taken.append(question["second"])
        return ask(**question)

    monkeypatch.setattr(Child, "asked", counted)

    async def seen() -> None:
        shelf = Posters(kept_bytes=1500)
        for seconds in (0.0, 1.0, 2.0, 2.0, 0.0):
            assert 500 < len(await shelf.get(indexed(path), seconds, 160)) < 1000

    asyncio.run(seen())
    assert taken == [0.0, 1.0, 2.0, 0.0]


def test_too_many_at_a_time_are_refused(tmp_path, monkeypatch):
    path = write_video(tmp_path / "some.mp4", GREY)
    monkeypatch.setattr(posters, "_MOST_ASKED", 3)

    async def seen() -> list[object]:
        shelf = Posters()
        asked = [shelf.get(indexed(path), float(seconds), 160) for seconds in range(5)]
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(seen())
    assert [isinstance(answer, bytes) for answer in answers] == [True, True, True, False, False]
    assert answers[-1].status == 503


@pytest.mark.slow
def test_a_hundred_posters_are_taken_two_at_a_time_and_leave_nothing_behind(tmp_path):
    path = write_video(tmp_path / "some.mp4", GREY)
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(path.read_bytes()[:-600])
    before, most, others = left_behind(), 0, set(psutil.Process().children())  # a decoder of another test may wait

    async def seen() -> list[object]:
        nonlocal most
        shelf = Posters()
        asked = [shelf.get(indexed(torn if k % 10 == 9 else path), k / 50, 160) for k in range(100)]
        taken = asyncio.gather(*asked, return_exceptions=True)
        while not taken.done():
            most = max(most, len(set(psutil.Process().children()) - others))
            await asyncio.sleep(0.02)
        return await taken

    answers = asyncio.run(seen())
    assert sum(isinstance(answer, bytes) for answer in answers) == 90
    assert 1 <= most <= 2 and left_behind() == before
