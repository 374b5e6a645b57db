"""The drawings: pictures of one size, the same every time, no two alike."""

import numpy as np
import pytest

from pipeline.backbones.common import drawn

ALL = {**drawn.THINGS, **drawn.COLOURED, "tennis": lambda: drawn.tennis_court(3)}


@pytest.mark.parametrize("name", ALL)
def test_a_drawing_is_a_picture_and_always_the_same(name):
    picture = ALL[name]()
    assert (picture.shape, picture.dtype) == ((drawn.SIDE, drawn.SIDE, 3), np.uint8)
    assert picture.std() > 20 and np.array_equal(picture, ALL[name]())


def test_no_two_drawings_are_alike():
    assert len({draw().tobytes() for draw in ALL.values()}) == len(ALL)


def test_the_match_moves():
    assert not np.array_equal(drawn.tennis_court(0), drawn.tennis_court(1))
