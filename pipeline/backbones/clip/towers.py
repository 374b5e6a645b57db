"""Builds one tower of a model: from a file of weights, or with seeded random ones.

Test: tests/backbones/test_clip_load.py.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

from pipeline.backbones.clip.kinds import NAMES, Name, kind_of
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json

CONFIG, WEIGHTS = "config.json", "model.safetensors"
SEED = 0
FLOATS = ("F64", "F32", "F16", "BF16")
_MOST = {"num_hidden_layers": 256, "max_position_embeddings": 4096, "image_size": 4096, "patch_size": 4096}
"""What a configuration may ask for, so that a damaged one takes no machine's memory."""
FIX = "restore the model's folder, or let `clip.model` name another one"


def read_config(folder: Path) -> tuple[Name, Any]:
    """Return the kind's name and the configuration, of transformers, of a model's folder.

    Raises PipelineError where config.json describes no CLIP or SigLIP with towers of equal output.
    """
    path = folder / CONFIG
    content = read_json(path)
    given = content.get("model_type") if isinstance(content, dict) else None
    for name in NAMES:
        if name == given:
            return name, parse_config(name, content, path)
    raise PipelineError(
        f"a model of type {given!r}, none of {', '.join(map(repr, NAMES))}",
        where=path,
        fix="let `clip.model` name a CLIP, a SigLIP, or a SigLIP 2 with a fixed resolution",
    )


def parse_config(name: Name, content: dict[str, Any], path: Path) -> Any:
    """Return the configuration that `content` describes; raises PipelineError where it describes none."""
    try:
        config = kind_of(name).config.from_dict(content)
        text, vision = config.text_config, config.vision_config
        if name == "clip":  # a tower by itself has a size of its own, which the two-tower model does not read
            text.projection_dim = vision.projection_dim = config.projection_dim
        elif text.projection_size != vision.hidden_size:
            raise ValueError(f"texts of {text.projection_size} numbers, pictures of {vision.hidden_size}")
        for side in (text, vision):
            for key, most in _MOST.items():
                if not 0 < getattr(side, key, 1) <= most:
                    raise ValueError(f"`{key}` is {getattr(side, key)}, which is not between 1 and {most}")
    except Exception as error:  # transformers checks some values and stumbles over others
        raise PipelineError(f"not the configuration of a model: {first_line(error)}", where=path, fix=FIX) from None
    return config


def read_tower(tower: type[Any], config: Any, folder: Path) -> Any:
    """Return the tower with the weights of the folder's model.safetensors, in float32.

    Raises PipelineError where the file cannot be read, lacks a tensor of the tower, or has one of another shape, of
    another kind of numbers, or with numbers that are not finite.
    """
    path = folder / WEIGHTS
    try:
        with safe_open(path, "pt") as file:
            kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}
        model, found = tower.from_pretrained(
            folder,
            config=config,
            use_safetensors=True,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (
        Exception
    ) as error:  # OSError, RuntimeError, SafetensorError, ...: one cause, a file that is not this model's
        raise PipelineError(
            f"cannot be read as the model's weights: {first_line(error)}", where=path, fix=FIX
        ) from None
    for what in ("missing_keys", "mismatched_keys"):
        if found.get(what):
            cause = f"cannot be read as the model's weights: {what.replace('_', ' ')}: {sorted(found[what])[0]}, ..."
            raise PipelineError(cause, where=path, fix=FIX)
    numbers = [name for name in kinds if not name.endswith("position_ids")]
    wrong = [name for name in numbers if kinds[name] not in FLOATS]
    wrong += [name for name, tensor in model.state_dict().items() if not tensor.isfinite().all()]
    if wrong:
        cause = f"cannot be read as the model's weights: {wrong[0]} has numbers that are not finite, or no floats"
        raise PipelineError(cause, where=path, fix=FIX)
    for tensor in model.parameters():  # in the file they start anywhere, and the last bit of a product depends on that
        tensor.data = tensor.data.clone()
    return model


def random_tower(tower: type[Any], config: Any) -> nn.Module:
    """Return the tower with seeded random weights that let the content of a text or a picture through.

    Positions weigh less than contents, and layers mix in context without drowning what they are given.
    """
    with torch.random.fork_rng(devices=[]):
        model = tower(config)
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            kind = name.split(".")[-2] if "." in name else name
            if name.endswith("bias"):
                parameter.zero_()
            elif "norm" in kind or "norm" in name:
                parameter.fill_(1.0)
            else:
                parameter.copy_(_spread(name, parameter) * torch.randn(parameter.shape, generator=generator))
    return model


def _spread(name: str, parameter: torch.Tensor) -> float:
    for part, spread in (("token_embedding", 1.0), ("position_embedding", 0.3), ("class_embedding", 0.3)):
        if part in name:
            return spread
    return parameter[0].numel() ** -0.5


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, its name where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
