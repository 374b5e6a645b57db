"""Makes pictures of a model's size from decoded frames, as the model's own preprocessor_config.json says.

Test: tests/backbones/test_clip_preprocessing.py, which compares with the model's own image processor.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F

from pipeline.backbones.clip.kinds import Name, kind_of
from pipeline.backbones.clip.towers import FIX, first_line
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json

PREPROCESSING = "preprocessor_config.json"
Scaling = Literal["bilinear", "bicubic"]
_SCALING: dict[int, Scaling] = {2: "bilinear", 3: "bicubic"}
"""The names of Pillow's numbers of resampling."""


@dataclass(frozen=True)
class Preprocessing:
    """What is done to a frame before a tower sees it.

    short_side: pixels to which the decoder scales a frame's short side, by `scaling`, so that the square of `side`
    pixels that the tower takes can be cut out of it. It is None where the whole frame is squeezed into the square: a
    decoder cannot do that closely enough, so it scales nothing. factor, mean, std: a channel c of a picture becomes
    (c * factor - mean) / std.
    """

    short_side: int | None
    side: int
    scaling: Scaling
    factor: float
    mean: list[float]
    std: list[float]

    def square(self, frame: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8, as decoded -> (side, side, 3) uint8."""
        height, width, _ = frame.shape
        if self.short_side is not None:
            top, left = (height - self.side) // 2, (width - self.side) // 2
            return frame[top : top + self.side, left : left + self.side]
        return squeezed(frame, self.side, self.scaling)


def squeezed(frame: np.ndarray, side: int, scaling: Scaling) -> np.ndarray:
    """Scale a whole frame to a square: (H, W, 3) uint8 -> (side, side, 3) uint8."""
    pixels = torch.from_numpy(frame).permute(2, 0, 1)[None].float()
    scaled = F.interpolate(pixels, (side, side), mode=scaling, antialias=True)
    return scaled[0].round_().clamp_(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()


def read_preprocessing(folder: Path, kind: Name, side: int) -> Preprocessing:
    """Read the preprocessing of a model's folder whose images' tower takes squares of `side` pixels.

    Raises PipelineError where the file is not that of the model's image processor, or gives pictures of another size.
    """
    path = folder / PREPROCESSING
    return parse_preprocessing(read_json(path), kind, side, path)


def parse_preprocessing(content: Any, kind: Name, side: int, path: Path) -> Preprocessing:
    """Do what `read_preprocessing` does with the file's content."""
    try:
        return _parsed(content, kind, side)
    except Exception as error:  # transformers checks some values and stumbles over others
        cause = f"this preprocessing cannot be repeated: {first_line(error)}"
        raise PipelineError(cause, where=path, fix=FIX) from None


def _parsed(content: Any, kind: Name, side: int) -> Preprocessing:
    """Let the class of the model's image processor read the content, as its older forms differ."""
    named = content.get("image_processor_type", content.get("feature_extractor_type", kind))
    if not re.fullmatch(f"{kind}(ImageProcessor|FeatureExtractor)?(Fast|Pil)?", named, re.IGNORECASE):
        raise ValueError(f"it is that of {named}, and the model is a {kind}")
    processor = kind_of(kind).processor.from_dict(content)
    for step in ("do_resize", "do_rescale", "do_normalize"):
        if not getattr(processor, step):
            raise ValueError(f"`{step}` is {getattr(processor, step)}")
    if processor.resample not in _SCALING:
        raise ValueError(f"`resample` is {processor.resample}, which is neither 2 (bilinear) nor 3 (bicubic)")
    size, crop = dict(processor.size), dict(processor.crop_size) if processor.do_center_crop else None
    square = {"height": side, "width": side}
    if size != square and not (crop == square and set(size) == {"shortest_edge"} and size["shortest_edge"] >= side):
        raise ValueError(f"it does not give the {side} x {side} pixels that the model takes: {size}, crop {crop}")
    mean, std = ([float(value) for value in given] for given in (processor.image_mean, processor.image_std))
    if not (len(mean) == len(std) == 3 and np.isfinite([*mean, *std, processor.rescale_factor]).all() and min(std) > 0):
        raise ValueError(
            "`image_mean`, `image_std` and `rescale_factor` are not three means, three deviations, a factor"
        )
    return Preprocessing(
        short_side=size.get("shortest_edge"),
        side=side,
        scaling=_SCALING[processor.resample],
        factor=float(processor.rescale_factor),
        mean=mean,
        std=std,
    )
