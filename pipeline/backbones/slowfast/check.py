"""Checks the published weights of SlowFast R50 8x8. Test: tests/backbones/test_check_classifiers.py.

Kinetics has no class that a drawing shows beyond doubt: all are about people who do something. So the class of the one
that comes closest, a tennis match, is shown and not judged.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.backbones.common import drawn
from pipeline.backbones.common.check import NOTHING_COMPARED, Finding, Step
from pipeline.backbones.common.classifier import ClassifierCheck
from pipeline.backbones.common.weights import Weights
from pipeline.backbones.slowfast import network
from pipeline.video.clips import FRAMES

PLAYING_TENNIS = 246
"""The number of the class among Kinetics-400's names in the order of the alphabet."""


class SlowFastCheck(ClassifierCheck):
    """Steps for SlowFast."""

    TITLE = "SlowFast R50 8x8 (Kinetics-400)"
    PUBLISHED = network.PUBLISHED
    PARAMETER = "slowfast.weights"
    CLASSIFIER = "blocks.6.proj"
    FIRST_NORMS = ("blocks.0.multipathway_blocks.0.norm", "blocks.0.multipathway_blocks.1.norm")
    NORMS = None

    def network(self) -> nn.Module:
        """See `ClassifierCheck.network`."""
        return network.classifier()

    def encoder(self, weights: Weights) -> Any:
        """See `ClassifierCheck.encoder`."""
        return network.SlowFast(weights)

    def examples(self) -> Tensor:
        """Return a drawn tennis match, and a drawing that moves to the right: (2, 32, 224, 224, 3)."""
        picture = drawn.THINGS["honeycomb"]()
        moving = np.stack([np.roll(picture, 3 * number, axis=1) for number in range(FRAMES)])
        match = np.stack([drawn.tennis_court(number) for number in range(FRAMES)])
        return torch.from_numpy(np.stack([match, moving]))

    def answers(self) -> list[Step]:
        """See `ClassifierCheck.answers`."""
        return [("drawings", self._tennis)]

    def _tennis(self) -> Finding:
        likely = self.scores(self.rows)[0].softmax(0)
        rank = int((likely > likely[PLAYING_TENNIS]).sum()) + 1
        text = f"`playing tennis` is {rank} of {len(likely)} for a drawn match ({float(likely[PLAYING_TENNIS]):.3f})"
        return Finding(NOTHING_COMPARED, f"{text}; not judged, since no drawing is sure to be in a class of Kinetics")
