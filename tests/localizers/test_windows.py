"""Windows by hand: as wide as asked for, around the middle, cut at the ends of the video."""

import pytest
import torch

from pipeline.localizers.common.windows import around


@pytest.mark.parametrize(
    ("place", "width", "expected"),
    [
        ((4, 6), 0.2, (4, 6)),
        ((4, 6), 0.5, (2.5, 7.5)),
        ((0, 2), 0.4, (0, 3)),
        ((9, 10), 0.4, (7.5, 10)),
        ((2, 3), 1.0, (0, 7.5)),
    ],
)
def test_by_hand(place, width, expected):
    window = around(torch.tensor([place]).double(), torch.tensor([10.0]).double(), width)
    assert window[0].tolist() == pytest.approx(expected)
