"""Which row of a list is right: what counts, what is cut first, and what is not merged."""

import pytest
import torch

from pipeline.evaluation.moments import annotated
from pipeline.evaluation.vcmr import (
    NEVER,
    first_ious,
    of_types,
    svmr_ranks,
    vcmr_ranks,
    vr_ranks,
)
from pipeline.localizers.common.interface import Moments

RIGHT, WRONG = (0.0, 10.0), (50.0, 60.0)


def moments(*queries):
    """Lists of (video, span), of any lengths."""
    longest = max(map(len, queries))
    padded = [[*rows, *[(-1, (0.0, 0.0))] * (longest - len(rows))] for rows in queries]
    video = torch.tensor([[video for video, _ in rows] for rows in padded])
    span = torch.tensor([[span for _, span in rows] for rows in padded], dtype=torch.float64).view(*video.shape, 2)
    return Moments(video, span, torch.zeros(video.shape))


def truth_of(queries, agreement=1):
    return annotated([[RIGHT]] * queries, [agreement] * queries)


def ranks_of(rows):
    """VR, VCMR and SVMR of one query about video 0."""
    labels, found = torch.tensor([0]), moments(rows)
    return [
        vr_ranks(found.video, labels).item(),
        vcmr_ranks(found, labels, truth_of(1), 0.7).item(),
        svmr_ranks(found, labels, truth_of(1), 0.7).item(),
    ]


@pytest.mark.parametrize(
    ("rows", "vr", "vcmr", "svmr"),
    [
        ([(0, RIGHT)], 1, 1, 1),
        ([(1, RIGHT), (0, WRONG), (2, WRONG), (0, RIGHT)], 2, 4, 2),
        ([(1, RIGHT), (1, RIGHT), (0, RIGHT)], 3, 3, 1),  # the repeated row takes a place
        ([(0, WRONG), (1, RIGHT)], 1, NEVER, NEVER),
        ([(1, RIGHT)], NEVER, NEVER, NEVER),
        ([(1, WRONG)] * 99 + [(0, RIGHT)], 100, 100, 1),
        ([(1, WRONG)] * 100 + [(0, RIGHT)], NEVER, NEVER, NEVER),  # cut to 100 rows before other videos are dropped
        ([(0, (-5.0, 9.0)), (0, (0.0, 14.0))], 1, 2, 2),  # a span may lie outside of the video
        ([(0, (10.0, 0.0)), (0, (3.0, 3.0))], 1, NEVER, NEVER),  # reversed, and without length
        ([], NEVER, NEVER, NEVER),
    ],
)
def test_the_first_right_row(rows, vr, vcmr, svmr):
    assert ranks_of(rows) == [vr, vcmr, svmr]


def test_a_span_at_the_threshold_is_right_and_two_annotators_must_agree_where_they_must():
    labels = torch.tensor([0, 0])
    found = moments([(0, (0.0, 7.0))], [(0, (0.0, 6.9))])
    assert vcmr_ranks(found, labels, truth_of(2), 0.7).tolist() == [1, NEVER]
    spans = [[(0, 5), (0, 5), (5, 10), (20, 25)], [(0, 5), (5, 10), (10, 15), (20, 25)]]
    answered = moments([(0, (0.0, 4.5))], [(0, (0.0, 4.5))])
    assert svmr_ranks(answered, labels, annotated(spans, [2, 2]), 0.7).tolist() == [1, NEVER]


def test_the_rounding_of_float32_decides():
    """In float64 this IoU is below 0.7."""
    truth, found = annotated([[(0.0, 3.0)]], [1]), moments([(0, (0.0, 2.1 - 1e-9))])
    assert (2.1 - 1e-9) / 3 < 0.7
    assert vcmr_ranks(found, torch.tensor([0]), truth, 0.7).item() == 1


def test_queries_without_a_span_count_for_videos_alone():
    truth = annotated([[RIGHT], (), [RIGHT]], [1, 1, 1])
    labels = torch.tensor([0, 1, 2])
    found = moments([(0, RIGHT)], [(1, RIGHT)], [(0, RIGHT), (2, RIGHT)])
    assert vr_ranks(found.video, labels).tolist() == [1, 1, 2]
    assert vcmr_ranks(found, labels, truth, 0.5).tolist() == [1, 2]
    assert svmr_ranks(found, labels, truth, 0.5).tolist() == [1, 1]


def test_mean_iou_takes_the_first_span_in_the_own_video_wherever_it_stands():
    labels, truth = torch.tensor([0, 0, 0, 0]), truth_of(4)
    found = moments(
        [(1, RIGHT), (0, (0.0, 5.0)), (0, RIGHT)], [(0, (0.0, 8.0))], [(2, RIGHT)], [(0, WRONG)] * 5 + [(0, RIGHT)]
    )
    assert first_ious(found, labels, truth).tolist() == pytest.approx([0.5, 0.8, 0, 0])
    assert svmr_ranks(found, labels, truth, 0.7).tolist() == [2, 1, NEVER, 6]
    assert vcmr_ranks(found, labels, truth, 0.5).tolist() == [2, 1, NEVER, 6]


def test_types_that_occur_in_the_order_of_the_literature():
    places = of_types(["vt", "", "v", "vt"])
    assert {kind: own.tolist() for kind, own in places.items()} == {"v": [2], "vt": [0, 3]}
