"""Checks the files of the model that `clip.model` names, or of the published ViT-B/32 where it names none.

Tests: tests/backbones/test_clip_check.py, tests/backbones/test_clip_hub.py.

Nobody has shown the drawings to a real model here. That each is nearest to its own name among six is nearly certain for
CLIP and SigLIP, which were trained to tell far more things apart.
"""

from functools import cached_property

import numpy as np
import torch

from pipeline.backbones.clip.images import ClipImages
from pipeline.backbones.clip.load import ClipModel, load_clip
from pipeline.backbones.clip.params import RANDOM, ClipParams
from pipeline.backbones.clip.preprocessing import squeezed
from pipeline.backbones.clip.text import ClipText
from pipeline.backbones.common import drawn
from pipeline.backbones.common.check import AS_PUBLISHED, NOTHING_COMPARED, Finding, Step, WeightsCheck
from pipeline.core.params import load

PUBLISHED, REVISION = "openai/clip-vit-base-patch32", "c237dc49a33fc61debc9276459120b7eac67e7ef"
"""The model that is checked where `clip.model` is random, as docs/clip.md has it."""

CAPTION = "a picture of a {}"
ENOUGH = 5
"""Of the drawings so many must be nearest to their own caption: one may be strange to a model that is sound."""
TEXT = "a photo of a cat"
TEXT_IDS = [320, 1125, 539, 320, 2368]
"""A text and its ids, which CLIP's authors and many others show."""

COLOURS = ("an orange pattern", "a blue pattern")
"""What the honeycomb is, and what it would be with red and blue exchanged."""
COSINES = {"clip": (0.15, 0.45), "siglip": (0.0, 0.35)}
"""Where the cosine of a drawing and its caption is expected, by the kind of model."""


class ClipCheck(WeightsCheck):
    """Steps for the model of `clip.model`, or for `PUBLISHED`."""

    TITLE = "CLIP, SigLIP or SigLIP 2"

    def __init__(self) -> None:
        given: ClipParams = load(ClipParams).clip
        published = {"model": PUBLISHED, "revision": REVISION} if given.model == RANDOM else {}
        self.params = given.model_copy(update=published)

    def steps(self) -> list[Step]:
        """See `WeightsCheck.steps`."""
        return [
            ("sha256", self._sha256),
            ("tensors", self._tensors),
            ("tokenizer", self._ids),
            ("drawings", self._drawings),
            ("colours", self._colours),
            ("cosines", self._cosines),
        ]

    @cached_property
    def model(self) -> ClipModel:
        """The model, whose files are downloaded where they are not there yet."""
        return load_clip(self.params)

    @cached_property
    def text(self) -> ClipText:
        """Its text side."""
        return self.model.text(torch.device("cpu"))

    @cached_property
    def images(self) -> ClipImages:
        """Its image side."""
        return self.model.images()

    @cached_property
    def similarities(self) -> np.ndarray:
        """The cosines of the drawings and the captions, (6, 6), in the order of `drawn.THINGS`."""
        pictures = self._vectors([draw() for draw in drawn.THINGS.values()])
        return pictures @ self._sentences([CAPTION.format(name) for name in drawn.THINGS]).T

    def _sha256(self) -> Finding:
        text = f"{self.model.folder}; model.safetensors {self.model.weights.removeprefix('sha256:')}"
        if self.params.on_hub:
            return Finding("ok", f"{text}; every file is as {self.params.model} has it at {self.params.revision}")
        return Finding(NOTHING_COMPARED, f"{text}; a folder of your own, whose hashes nobody publishes")

    def _tensors(self) -> Finding:
        towers = self.text.network, self.images
        count = sum(tensor.numel() for tower in towers for tensor in tower.parameters())
        return Finding("ok", f"{count:,} numbers in two towers: names, shapes and kinds are those of config.json")

    def _ids(self) -> Finding:
        ids = self.text.ids(TEXT)
        if self.model.kind != "clip":
            return Finding(NOTHING_COMPARED, f"`{TEXT}` is {ids}; no ids are known here")
        return Finding(AS_PUBLISHED[ids == TEXT_IDS], f"`{TEXT}` is {ids}, published {TEXT_IDS}")

    def _drawings(self) -> Finding:
        names = list(drawn.THINGS)
        nearest = dict(zip(names, (names[best] for best in self.similarities.argmax(1)), strict=True))
        wrong = [f"{name} ({other})" for name, other in nearest.items() if other != name]
        text = f"{len(names) - len(wrong)} of {len(names)} drawings are nearest to their own caption"
        verdict = self.as_expected(len(names) - len(wrong) >= ENOUGH)
        return Finding(verdict, f"{text}, not {', '.join(wrong)}" if wrong else text)

    def _colours(self) -> Finding:
        right, exchanged = self._vectors([drawn.honeycomb()])[0] @ self._sentences(list(COLOURS)).T
        text = f"a honeycomb is {right:.3f} from `{COLOURS[0]}` and {exchanged:.3f} from `{COLOURS[1]}`, in cosines"
        return Finding(self.as_expected(bool(right > exchanged)), text)

    def _cosines(self) -> Finding:
        own = np.diagonal(self.similarities)
        least, largest = COSINES[self.model.kind]
        verdict = self.as_expected(bool(least <= own.min() and own.max() <= largest))
        text = f"cosines of drawings and captions are {own.min():.3f} to {own.max():.3f}"
        return Finding(verdict, f"{text}, expected {least:g} to {largest:g}")

    def _sentences(self, texts: list[str]) -> np.ndarray:
        return np.stack([self.text.sentence(text) for text in texts])

    @torch.inference_mode()
    def _vectors(self, pictures: list[np.ndarray]) -> np.ndarray:
        preprocessing = self.model.preprocessing
        scaled = [preprocessing.square(_scaled(picture, preprocessing.short_side)) for picture in pictures]
        return self.images(torch.from_numpy(np.stack(scaled))).numpy()


def _scaled(picture: np.ndarray, side: int | None) -> np.ndarray:
    """Return the picture (S, S, 3) as (side, side, 3), or as it is where nothing scales it before the model does."""
    if side is None or side == len(picture):
        return picture
    return squeezed(picture, side, "bilinear")
