"""Checks the published weights of ResNet-152. Test: tests/backbones/test_check_classifiers.py.

The drawings were never shown to ResNet-152 here. Three other networks with real ImageNet weights put each of `THINGS`
into the class that is expected of it, with scores from 0.66 to 0.99; `COLOURED` they know by its colour.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.backbones.common import drawn
from pipeline.backbones.common.check import Finding, Step
from pipeline.backbones.common.classifier import ClassifierCheck
from pipeline.backbones.common.weights import Weights
from pipeline.backbones.resnet import network

CLASSES = {
    "clock": (409, 892),  # analog clock, wall clock
    "honeycomb": (599,),
    "crossword puzzle": (918,),
    "spider web": (815,),
    "tennis ball": (852,),
    "ping-pong ball": (722,),
}
"""The classes of ImageNet-1k, by number, of which one must be the first for a drawing."""
ENOUGH = 5
"""Of the drawings so many must be known: one may be strange to a network that is sound."""
COLOURED = {"tennis ball": 852, "green apple": 948}
"""Drawings of things whose colour tells them, each with its class."""


class ResNetCheck(ClassifierCheck):
    """Steps for ResNet-152."""

    TITLE = "ResNet-152 (ImageNet-1k)"
    PUBLISHED = network.PUBLISHED
    PARAMETER = "resnet.weights"
    CLASSIFIER = "fc"
    FIRST_NORMS = ("bn1",)
    NORMS = (10.0, 100.0)

    def network(self) -> nn.Module:
        """See `ClassifierCheck.network`."""
        return network.classifier()

    def encoder(self, weights: Weights) -> Any:
        """See `ClassifierCheck.encoder`."""
        return network.ResNet152(weights)

    def examples(self) -> Tensor:
        """Return the drawings: (6, 224, 224, 3)."""
        return torch.from_numpy(np.stack([drawn.THINGS[name]() for name in CLASSES]))

    def answers(self) -> list[Step]:
        """See `ClassifierCheck.answers`."""
        return [("drawings", self._drawings), ("colours", self._colours)]

    def _drawings(self) -> Finding:
        first = dict(zip(CLASSES, self.scores(self.rows).argmax(1).tolist(), strict=True))
        wrong = [f"{name} (in {number})" for name, number in first.items() if number not in CLASSES[name]]
        known = len(CLASSES) - len(wrong)
        text = f"{known} of {len(CLASSES)} drawings are in their ImageNet class"
        return Finding(self.as_expected(known >= ENOUGH), f"{text}, not {', '.join(wrong)}" if wrong else text)

    def _colours(self) -> Finding:
        pictures = torch.from_numpy(np.stack([drawn.COLOURED[name]() for name in COLOURED]))
        given, swapped = (self.scores(self.features(shown)).softmax(1) for shown in (pictures, pictures.flip(3)))
        ratios = [float(given[row, number] / swapped[row, number]) for row, number in enumerate(COLOURED.values())]
        text = ", ".join(f"{name} {ratio:.1f}" for name, ratio in zip(COLOURED, ratios, strict=True))
        return Finding(self.as_expected(min(ratios) > 1), f"times as likely as with red and blue exchanged: {text}")
