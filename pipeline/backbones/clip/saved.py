"""Saves the text side of a model by itself, so that a search needs neither the images' tower nor the model's folder.

`text.json` says what it is, `tokenizer.json` is its tokenizer, `model.safetensors` its tower. Equal text sides give
equal bytes. Test: tests/backbones/test_clip_saved.py.
"""

from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save_file

from pipeline.backbones.clip.kinds import Name, kind_of
from pipeline.backbones.clip.text import SHOWN, ClipText
from pipeline.backbones.clip.tokenizer import TOKENIZER, ClipTokenizer
from pipeline.backbones.clip.towers import WEIGHTS, read_tower
from pipeline.backbones.common.saved import check_same, parse_header
from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_folder, read_json, sha256_file, write_json
from pipeline.core.schema import Section

HEADER = "text.json"
FIX = "copy the whole folder anew from where it was made, or make it there again with `dvc repro query_text`"
_CONFIG = (*SHOWN, "vocab_size", "max_position_embeddings", "bos_token_id", "eos_token_id", "pad_token_id")
_SIZE = {"clip": "projection_dim", "siglip": "projection_size"}


class Header(Section):
    """What text.json holds: the tower's configuration, the ids of the special tokens, and the hash of its weights."""

    format: Literal[1] = 1
    kind: Name
    weights: str
    tower_sha256: str
    config: dict[str, Any]
    start: int | None
    end: int
    padding: int | None
    provenance: dict[str, Any]


def save_text(folder: Path | str, text: ClipText) -> None:
    """Write the text side as a folder, in place of what lies there."""
    with atomic_folder(folder) as temporary:
        state = {name: tensor.cpu().contiguous() for name, tensor in text.network.state_dict().items()}
        save_file(state, temporary / WEIGHTS, {"format": "pt"})
        (temporary / TOKENIZER).write_text(text.tokenizer.content, encoding="utf-8", newline="")
        config = text.network.config
        header = Header(
            kind=text.kind,
            weights=text.weights,
            tower_sha256=sha256_file(temporary / WEIGHTS),
            config={name: getattr(config, name) for name in (*_CONFIG, _SIZE[text.kind])},
            start=text.tokenizer.start,
            end=text.tokenizer.end,
            padding=text.tokenizer.padding,
            provenance=text.provenance,
        )
        write_json(temporary / HEADER, header.model_dump())


def open_text(folder: Path | str, device: torch.device) -> ClipText:
    """Open the text side that `save_text` wrote; it gives the features that the saved one gives, to the last bit.

    Raises PipelineError where a file is missing or damaged, where the files are not of one text side, and where another
    version of the program wrote them.
    """
    folder = Path(folder)
    header = _read_header(folder)
    for name in (WEIGHTS, TOKENIZER):
        if not (folder / name).is_file():
            raise PipelineError(f"the text side of a model lacks {name}", where=folder, fix=FIX)
    if sha256_file(folder / WEIGHTS) != header.tower_sha256:
        raise PipelineError("these are not the weights that were saved", where=folder / WEIGHTS, fix=FIX)
    kind = kind_of(header.kind)
    try:
        content = (folder / TOKENIZER).read_text(encoding="utf-8")
        tokenizer = ClipTokenizer(content, start=header.start, end=header.end, padding=header.padding)
        network = read_tower(kind.text, kind.text_config(**header.config), folder)
        text = ClipText(network, tokenizer, header.kind, header.weights, device)
    except Exception as error:  # neither transformers nor `tokenizers` says what it raises for broken files
        raise PipelineError(f"the text side of a model cannot be read: {error}", where=folder, fix=FIX) from None
    check_same(text.provenance, header.provenance, "text side", folder, FIX)
    return text


def _read_header(folder: Path) -> Header:
    path = folder / HEADER
    if not path.is_file():
        raise PipelineError(
            f"there is no text side of a model in this folder: it has no {HEADER}", where=folder, fix=FIX
        )
    return parse_header(Header, read_json(path, FIX), "text side", path, FIX)
