"""Which frames a clip gets, against brute force over exact times, libavfilter, and the published index table."""

import math
from fractions import Fraction

import av
import numpy as np
import pytest

from pipeline.core.clock import clip_count
from pipeline.core.errors import PipelineError
from pipeline.video import clips
from pipeline.video.reader import SinceFirst, Timeline

RATES = [Fraction(24000, 1001), Fraction(30000, 1001), *map(Fraction, (25, 30, 60, 15, 3))]
JITTER = [Fraction(k, 90) for k in (0, 1, 2, 30, 31, 44, 45, 46, 134, 135, 136, 300, 301, 405)]  # 2 clips have no frame


def timeline(
    times: list[Fraction], fps: Fraction, header: bool = True, late: float = 0.0, held: float = 0.0
) -> Timeline:
    """Frames at these times after the first, which starts `late`; the last one is `held` longer than a frame."""
    end = float(times[-1] + 1 / fps)
    seconds = np.array([float(time) for time in times])
    since_first = SinceFirst(seconds.astype(np.float32), float(np.float32(end)), end if header else None)
    return Timeline((late + seconds).astype(np.float32), late + end + held, float(fps), since_first)


def constant(fps: Fraction, count: int) -> list[Fraction]:
    return [k / fps for k in range(count)]


def nearest_in_clip(times: list[Fraction], clip: int, seconds: Fraction, instants: list[Fraction]) -> list[int]:
    inside = [k for k, time in enumerate(times) if clip * seconds <= time < (clip + 1) * seconds]
    if not inside:
        return [max((k for k, time in enumerate(times) if time < clip * seconds), default=0)] * len(instants)
    return [min(inside, key=lambda k: (abs(times[k] - instant), k)) for instant in instants]


CASES = [(constant(fps, math.ceil(fps * 5)), fps) for fps in RATES] + [(JITTER, Fraction(30))]


@pytest.mark.parametrize("seconds", [Fraction(3, 2), Fraction(1, 2), Fraction(7, 10), Fraction(2)])
@pytest.mark.parametrize(("times", "fps"), CASES)
def test_full_clip_takes_the_frames_nearest_to_its_32_instants(times, fps, seconds):
    offsets = [Fraction(int(44 * k / 31), 45) for k in range(32)]
    chosen = clips.full_clip(timeline(times, fps), float(seconds))
    assert len(chosen) == clip_count(float(times[-1] + 1 / fps), float(seconds))
    for clip, indices in enumerate(chosen):
        instants = [(clip + offset) * seconds for offset in offsets]
        assert indices.tolist() == nearest_in_clip(times, clip, seconds, instants)


@pytest.mark.parametrize(("times", "fps"), CASES)
def test_middle_takes_the_frame_nearest_to_the_middle(times, fps):
    seconds = Fraction(3, 2)
    for clip, indices in enumerate(clips.middle(timeline(times, fps), 1.5)):
        assert indices.tolist() == nearest_in_clip(times, clip, seconds, [(clip + Fraction(1, 2)) * seconds])


@pytest.mark.parametrize("rate", [Fraction(3), Fraction(1), Fraction(1, 2)])
@pytest.mark.parametrize(("times", "fps"), CASES)
def test_uniform_takes_frames_at_a_fixed_rate_and_at_least_the_middle_one(times, fps, rate):
    seconds = Fraction(3, 2)
    instants = [(k + Fraction(1, 2)) / rate for k in range(100) if (k + Fraction(1, 2)) / rate <= times[-1]]
    for clip, indices in enumerate(clips.uniform(timeline(times, fps), 1.5, float(rate))):
        mine = [instant for instant in instants if clip * seconds <= instant < (clip + 1) * seconds]
        mine = mine or [(clip + Fraction(1, 2)) * seconds]
        assert indices.tolist() == nearest_in_clip(times, clip, seconds, mine)


@pytest.mark.parametrize(("times", "fps"), CASES)
def test_every_rule_reads_forward_only_and_the_timed_ones_agree_on_the_number_of_clips(times, fps):
    line = timeline(times, fps)
    timed = [clips.full_clip(line, 1.5), clips.middle(line, 1.5), clips.uniform(line, 1.5, 3.0)]
    assert {len(plan) for plan in timed} == {clip_count(float(times[-1] + 1 / fps), 1.5)}
    for plan in [*timed, clips.published_slowfast(line), clips.published_resnet(line)]:
        indices = np.concatenate(plan)
        assert (np.diff(indices) >= 0).all() and 0 <= indices[0] and indices[-1] < len(times)


@pytest.mark.parametrize("count", [1, 2])
def test_a_video_of_one_or_two_frames_is_one_clip(count):
    line = timeline(constant(Fraction(30), count), Fraction(30))
    for plan in (clips.full_clip(line, 1.5), clips.middle(line, 1.5), clips.uniform(line, 1.5, 3.0)):
        assert len(plan) == 1
    assert len(clips.published_resnet(line)) == 1
    assert [indices.max() for indices in clips.published_slowfast(line)] == [count - 1]


ALL_RULES = [
    lambda line: clips.full_clip(line, 1.5),
    lambda line: clips.middle(line, 1.5),
    lambda line: clips.uniform(line, 1.5, 3.0),
]


@pytest.mark.parametrize("rule", ALL_RULES)
def test_rows_begin_with_the_file_and_end_with_the_picture(rule):
    """Clips before the first frame show it, clips behind the last frame's start show that one."""
    plan = rule(timeline([Fraction(0), Fraction(1), Fraction(5)], Fraction(1), late=4.0, held=5.0))
    shown = [sorted(set(indices.tolist())) for indices in plan]
    assert shown == [[0], [0], [0], [1], [1], [1], [2], [2], [2], [2]]  # frames at 4, 5 and 9 s, the end at 15 s


@pytest.mark.parametrize("rule", ALL_RULES)
def test_one_picture_held_for_a_minute_is_forty_rows(rule):
    plan = rule(timeline([Fraction(0)], Fraction(1), held=59.0))
    assert len(plan) == 40 and all(set(indices.tolist()) == {0} for indices in plan)


@pytest.mark.parametrize("rule", [*ALL_RULES, clips.published_slowfast, clips.published_resnet])
def test_frames_of_one_time_are_chosen_in_order(rule):
    indices = np.concatenate(rule(timeline([Fraction(k // 2, 10) for k in range(60)], Fraction(20))))
    assert (np.diff(indices) >= 0).all() and indices[-1] < 60


def test_published_rows_count_from_the_first_frame():
    times = constant(Fraction(60), 600)  # frames that fall on the borders of ffmpeg's outputs
    for rule in (clips.published_slowfast, clips.published_resnet):
        plain, late = rule(timeline(times, Fraction(60))), rule(timeline(times, Fraction(60), late=0.834, held=9.0))
        assert np.array_equal(np.stack(plain), np.stack(late))


PUBLISHED = [  # source frames a second, distinct frames of 45, copies of the last one, slow path
    (3, 6, 0, [0, 0, 1, 2, 2, 3, 4, 5]),
    (15, 32, 0, [0, 4, 8, 13, 17, 22, 26, 31]),
    (23.976, 30, 3, [0, 6, 12, 20, 26, 34, 40, 44]),
    (25, 28, 5, [0, 6, 13, 21, 28, 37, 43, 44]),
    (29.97, 24, 9, [0, 7, 15, 25, 33, 43, 44, 44]),
    (30, 23, 10, [0, 8, 16, 26, 34, 44, 44, 44]),
    (60, 12, 21, [0, 16, 32, 44, 44, 44, 44, 44]),
]


@pytest.mark.parametrize(("fps", "distinct", "copies", "slow"), PUBLISHED)
def test_published_indices_are_the_published_ones(fps, distinct, copies, slow):
    indices = clips.published_indices(fps)
    assert (len(set(indices.tolist())), int((indices == 44).sum())) == (distinct, copies)
    assert indices[np.linspace(0, 31, 8).astype(int)].tolist() == slow


def ffmpeg_outputs(times: list[Fraction], fps: Fraction, rate: str) -> list[int]:
    """Which input frames libavfilter's `fps` filter gives out, in order."""
    graph = av.filter.Graph()
    base = 1 / (fps * 720)
    source = graph.add_buffer(width=16, height=16, format="gray", time_base=base)
    chain = [source, graph.add("fps", f"fps={rate}"), graph.add("buffersink")]
    graph.link_nodes(*chain).configure()
    shown = []

    def drain():
        while True:
            try:
                shown.append(int(graph.pull().to_ndarray()[0, 0]))
            except (av.error.BlockingIOError, av.error.EOFError):
                return

    for k, time in enumerate(times):
        frame = av.VideoFrame.from_ndarray(np.full((16, 16), k, np.uint8), format="gray")
        frame.pts, frame.time_base, frame.duration = int(time / base), base, 720
        graph.push(frame)
        drain()
    graph.push(None)
    drain()
    return shown


@pytest.mark.parametrize("fps", RATES)
def test_published_slowfast_repeats_ffmpeg_then_pads(fps):
    for count in range(math.ceil(fps * Fraction(29, 10)), min(math.ceil(fps * Fraction(29, 10)) + 9, 240)):
        times = constant(fps, count)
        shown = ffmpeg_outputs(times, fps, "30")
        shown += [shown[-1]] * (-len(shown) % 90)
        plan = clips.published_slowfast(timeline(times, fps))
        assert len(plan) == min(len(shown) // 45, math.ceil(count / fps / Fraction(3, 2)))
        for clip, indices in enumerate(plan):
            assert indices.tolist() == [shown[clip * 45 + k] for k in clips.published_indices(float(fps))]
        assert len(clips.published_slowfast(timeline(times, fps, header=False))) == len(shown) // 45


@pytest.mark.parametrize("fps", RATES)
def test_published_resnet_repeats_ffmpeg(fps):
    for count in range(math.ceil(fps * 3), min(math.ceil(fps * Fraction(9, 2)), 250), 3):
        times = constant(fps, count)
        assert [int(k[0]) for k in clips.published_resnet(timeline(times, fps))] == ffmpeg_outputs(times, fps, "2/3")


def test_published_refuses_another_clip_length():
    with pytest.raises(PipelineError, match="clip_seconds: 1.5"):
        clips.require_published_seconds("slowfast", "published", 2.0)
    clips.require_published_seconds("slowfast", "full_clip", 2.0)
