"""Saves and opens a RoBERTa encoder as a folder; saved.py says for what.

`encoder.json` says what the encoder is, `vocab.json` and `merges.txt` are its tokenizer. Weights that came from a local
folder are copied in, as `config.json` and `model.safetensors`; those of the hub are named by id, revision and hash;
random ones are made again from their seed. Test: tests/text/test_saved.py.
"""

import json
import shutil
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError

from pipeline.backbones.common import hub
from pipeline.backbones.common.saved import check_same
from pipeline.backbones.roberta.network import load_roberta
from pipeline.backbones.roberta.params import TextParams
from pipeline.backbones.roberta.tokenizer import Tokenizer
from pipeline.core.errors import MAKE_ANEW, PipelineError
from pipeline.core.files import atomic_folder, canonical_json, write_json
from pipeline.core.runtime import resolve
from pipeline.core.schema import Section
from pipeline.text.encoder import TextEncoder

FORMAT: Literal[1] = 1
HEADER = "encoder.json"
VOCABULARY, MERGES = hub.TOKENIZER_FILES
MERGES_VERSION = "#version: 0.2"
"""The first line of merges.txt, as RoBERTa's own file has it."""
HERE = "."
FIX = f"copy the whole folder anew from where it was made, or there {MAKE_ANEW}"
HUB_FIX = "run once with a network, so that the weights are downloaded; they are kept for later"


class Hub(Section):
    """Where on the hub the weights are; sha256: that of their file."""

    repository: str
    revision: str
    sha256: str


class Header(Section):
    """What encoder.json holds of an encoder.

    text: the parameters, whose `weights` are `HERE` where they lie in the folder; vocabulary: len(tokenizer); hub: None
    for weights from anywhere else.
    """

    format: Literal[1]
    text: TextParams
    max_tokens: int
    vocabulary: int
    hub: Hub | None
    provenance: dict[str, Any]


def save_roberta(folder: Path | str, encoder: TextEncoder) -> None:
    """Write the encoder as a folder, in place of what lies there."""
    weights = encoder.params.weights
    header = Header(
        format=FORMAT,
        text=_with_weights(encoder.params, HERE) if _is_folder(weights) else encoder.params,
        max_tokens=encoder.max_tokens,
        vocabulary=len(encoder.tokenizer),
        hub=_hub() if weights == "pretrained" else None,
        provenance=encoder.provenance,
    )
    with atomic_folder(folder) as temporary:
        write_json(temporary / HEADER, header.model_dump())
        (temporary / VOCABULARY).write_text(canonical_json(encoder.tokenizer.vocab), encoding="utf-8")
        lines = [MERGES_VERSION, *(" ".join(pair) for pair in encoder.tokenizer.merges)]
        (temporary / MERGES).write_text("\n".join(lines) + "\n", encoding="utf-8")
        if _is_folder(weights):
            for name in hub.MODEL_FILES:
                shutil.copyfile(resolve(weights) / name, temporary / name)


def open_roberta(folder: Path, header: Header, device: torch.device) -> TextEncoder:
    """Open the encoder that `save_roberta` wrote; header: what its encoder.json holds.

    Raises PipelineError where a file is missing or damaged, and where the files are not of one encoder.
    """
    text = _with_weights(header.text, str(folder.resolve())) if header.text.weights == HERE else header.text
    tokenizer = _read_tokenizer(folder, header.vocabulary)
    try:
        roberta = load_roberta(text, header.max_tokens, len(tokenizer), device)
    except PipelineError as error:
        raise PipelineError(error.cause, where=folder, fix=HUB_FIX if header.hub else FIX) from None
    except (SafetensorError, OSError, ValueError) as error:
        raise PipelineError(f"its weights cannot be read: {error}", where=folder, fix=FIX) from None
    encoder = TextEncoder(tokenizer, roberta, text, header.max_tokens)
    check_same(encoder.provenance, header.provenance, "text encoder", folder, FIX)
    return encoder


def _hub() -> Hub:
    return Hub(repository=hub.REPOSITORY, revision=hub.REVISION, sha256=hub.WEIGHTS_SHA256)


def _with_weights(text: TextParams, weights: str) -> TextParams:
    return text.model_copy(update={"weights": weights})


def _is_folder(weights: str) -> bool:
    return weights not in ("random", "pretrained")


def _read_tokenizer(folder: Path, size: int) -> Tokenizer:
    """Read the tokenizer; whether it is the one that was saved, its hash says, which is part of the provenance."""
    for name in (VOCABULARY, MERGES):
        if not (folder / name).is_file():
            raise PipelineError(f"the text encoder lacks {name}", where=folder, fix=FIX)
    try:
        vocab = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        lines = (folder / MERGES).read_text(encoding="utf-8").split("\n")[1:-1]
        merges = [(first, second) for first, second in (line.split(" ") for line in lines)]
        return Tokenizer(vocab, merges, size)
    except Exception as error:  # what `tokenizers` raises has no narrower class
        raise PipelineError(f"its tokenizer cannot be read: {error}", where=folder, fix=FIX) from None
