"""What is different between CLIP and SigLIP in transformers. SigLIP 2 with a fixed resolution is a SigLIP.

The classes are imported when one is asked for, because that takes seconds.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from pipeline.backbones.common.torchvision_fix import import_torchvision


@dataclass(frozen=True)
class Kind:
    """The classes of a model: its configuration, that of its texts, its two towers with projections, its processor.

    padded: whether texts are filled up to the tower's length, and start with no special token.
    """

    config: type[Any]
    text_config: type[Any]
    text: type[Any]
    images: type[Any]
    processor: type[Any]
    padded: bool


Name = Literal["clip", "siglip"]
"""What config.json of a model that can be loaded may have as `model_type`."""
NAMES: tuple[Name, ...] = get_args(Name)


def kind_of(name: Name) -> Kind:
    """Return the kind of that name."""
    import_torchvision()
    import transformers
    from transformers.utils import logging

    logging.set_verbosity_error()  # that a file also holds the other tower's tensors is as it should be
    logging.disable_progress_bar()
    if name == "clip":
        return Kind(
            transformers.CLIPConfig,
            transformers.CLIPTextConfig,
            transformers.CLIPTextModelWithProjection,
            transformers.CLIPVisionModelWithProjection,
            transformers.CLIPImageProcessor,
            padded=False,
        )
    return Kind(
        transformers.SiglipConfig,
        transformers.SiglipTextConfig,
        transformers.SiglipTextModel,
        transformers.SiglipVisionModel,
        transformers.SiglipImageProcessor,
        padded=True,
    )
