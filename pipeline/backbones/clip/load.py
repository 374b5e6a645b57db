"""Finds and loads the two-tower model that `clip.model` names; each tower is read when it is asked for.

Test: tests/backbones/test_clip_load.py.
"""

from pathlib import Path
from typing import Any

import torch

from pipeline.backbones.clip.images import ClipImages
from pipeline.backbones.clip.kinds import Name, kind_of
from pipeline.backbones.clip.params import RANDOM, ClipParams
from pipeline.backbones.clip.preprocessing import PREPROCESSING, parse_preprocessing, read_preprocessing
from pipeline.backbones.clip.text import ClipText
from pipeline.backbones.clip.tokenizer import SETTINGS, TOKENIZER, ClipTokenizer, byte_tokenizer, read_tokenizer
from pipeline.backbones.clip.towers import CONFIG, SEED, WEIGHTS, parse_config, random_tower, read_config, read_tower
from pipeline.backbones.common import hub
from pipeline.backbones.common.saved import check_folder
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file
from pipeline.core.runtime import resolve

FILES = (CONFIG, WEIGHTS, PREPROCESSING, TOKENIZER, SETTINGS)
"""What a model's folder must hold."""

_TOWER = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
RANDOM_MODEL: dict[str, Any] = {
    "projection_dim": 64,
    "text_config": {**_TOWER, "max_position_embeddings": 77},
    "vision_config": {**_TOWER, "image_size": 64, "patch_size": 16},
}
"""The configuration of the model `random`, a CLIP whose tokens are bytes."""


class ClipModel:
    """A model with its two sides, of which each is read when it is asked for.

    folder: None for the random one; weights: `random (seed 0)` or `sha256:...`. Raises PipelineError where the folder's
    files are not those of a CLIP or SigLIP model.
    """

    def __init__(self, folder: Path | None, weights: str):
        self.folder, self.weights = folder, weights
        self.kind, self.config = read_config(folder) if folder else random_config()
        side = self.config.vision_config.image_size
        if folder:
            self.preprocessing = read_preprocessing(folder, self.kind, side)
        else:
            own = {"size": side, "crop_size": side}
            self.preprocessing = parse_preprocessing(own, self.kind, side, Path(PREPROCESSING))

    def text(self, device: torch.device) -> ClipText:
        """Read the text side, in float32; raises PipelineError where its files are damaged or do not fit."""
        if self.folder:
            tokenizer = read_tokenizer(self.folder, kind_of(self.kind).padded)
            _check_ids(tokenizer, self.config.text_config, self.folder)
        else:
            tokenizer = byte_tokenizer()
        network = self._tower(kind_of(self.kind).text, self.config.text_config)
        return ClipText(network, tokenizer, self.kind, self.weights, device)

    def images(self) -> ClipImages:
        """Read the image side, in float32 on the CPU; raises PipelineError where its weights do not fit."""
        network = self._tower(kind_of(self.kind).images, self.config.vision_config)
        return ClipImages(network, self.kind, self.preprocessing)

    def _tower(self, tower: type[Any], config: Any) -> Any:
        return read_tower(tower, config, self.folder) if self.folder else random_tower(tower, config)


def load_clip(params: ClipParams) -> ClipModel:
    """Find the model that `clip.model` names; files of the hub are downloaded where they are not there yet.

    Raises PipelineError where a file is missing, cannot be downloaded, or is not that of a CLIP or SigLIP model.
    """
    folder = _folder(params)
    return ClipModel(folder, _id(params, folder))


def weights_id(params: ClipParams) -> str:
    """Return the id of the weights that `clip.model` names: `random (seed 0)` or `sha256:...`."""
    return _id(params, _folder(params))


def _id(params: ClipParams, folder: Path | None) -> str:
    if folder is None:
        return f"random (seed {SEED})"
    digest = hub.checked_sha256 if params.on_hub else sha256_file
    return f"sha256:{digest(folder / WEIGHTS)}"


def _folder(params: ClipParams) -> Path | None:
    if params.model == RANDOM:
        return None
    if params.on_hub:
        return hub.pinned(params.model, params.revision, FILES, param="clip.model")
    folder = resolve(params.model)
    fix = f"set clip.model to a folder with {', '.join(FILES)}, to an id on huggingface.co, or to `random`"
    check_folder(folder, FILES, "clip.model", fix)
    return folder


def _check_ids(tokenizer: ClipTokenizer, config: Any, folder: Path) -> None:
    """Check that the tower knows every id, and that CLIP's finds the end of a text.

    Where the configuration has 2 as the end, as older files do, it is at the highest id of a text.
    """
    fix = "restore the model's folder: tokenizer and weights belong together"
    if len(tokenizer) > config.vocab_size:
        cause = f"its tokenizer has {len(tokenizer)} tokens, its tower {config.vocab_size}"
        raise PipelineError(cause, where=folder, fix=fix)
    looked_at = len(tokenizer) - 1 if config.eos_token_id == 2 else config.eos_token_id
    if tokenizer.padding is None and tokenizer.end != looked_at:
        cause = f"its tokenizer marks the end of a text with {tokenizer.end}, its tower looks at {looked_at}"
        raise PipelineError(cause, where=folder, fix=fix)


def random_config() -> tuple[Name, Any]:
    """Return the kind's name and the configuration of the model `random`."""
    tokenizer = byte_tokenizer()
    text = {"vocab_size": len(tokenizer), "bos_token_id": tokenizer.start, "eos_token_id": tokenizer.end}
    content = {**RANDOM_MODEL, "text_config": {**RANDOM_MODEL["text_config"], **text}}
    return "clip", parse_config("clip", content, Path(CONFIG))
