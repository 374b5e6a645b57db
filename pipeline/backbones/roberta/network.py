"""RoBERTa without its last layer: it returns the second-to-last hidden layer of the whole model.

A forward pass reads one text, without padding. A text's features therefore depend on the text and the model alone, to
the last bit, whatever else the corpus holds. Test: tests/backbones/test_roberta.py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import load_file

from pipeline.backbones.common import hub
from pipeline.backbones.common.saved import check_folder
from pipeline.backbones.common.torchvision_fix import import_torchvision
from pipeline.backbones.common.weights import fault
from pipeline.backbones.roberta.params import TextParams
from pipeline.backbones.roberta.tokenizer import END, PADDING, START
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, sha256_file
from pipeline.core.runtime import resolve, threads

if TYPE_CHECKING:
    from transformers import RobertaModel

REVISION = 2  # part of every provenance; raise it when a change of the code changes the features
SEED = 0
POSITIONS = 514  # roberta-base's: RoBERTa counts positions from 2
SHOWN = ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "hidden_act", "layer_norm_eps")


class Roberta:
    """Computes the token features of one text at a time.

    size: D; weights: `random (seed 0)` or `sha256:...`; provenance: everything about the model that decides a feature.
    """

    def __init__(self, model: "RobertaModel", weights: str, device: torch.device):
        self._model = model.to(device).eval()  # type: ignore[arg-type]  # transformers' decorator hides `self`
        self._device = device
        self.size: int = model.config.hidden_size
        self.weights = weights
        self.provenance = {
            "weights": weights,
            "architecture": {name: getattr(model.config, name) for name in SHOWN},
            "layer": "second to last",
            "roberta_revision": REVISION,
        }

    @torch.inference_mode()
    def features(self, ids: Sequence[int]) -> np.ndarray:
        """Return the features of a text: (W,) token ids without special tokens -> (W, D) float32.

        The special tokens are put around the text for the model, and their rows are left out. On a CPU one thread does
        this, so that the last bit does not depend on the number of cores.
        """
        wrapped = torch.tensor([[START, *ids, END]], device=self._device)
        with threads(1):
            return self._model(input_ids=wrapped).last_hidden_state[0, 1:-1].cpu().numpy()


def load_roberta(text: TextParams, max_tokens: int, vocabulary: int, device: torch.device) -> Roberta:
    """Load the model that `text.weights` names, on `device`, in float32.

    Raises PipelineError where its files are missing or not RoBERTa's, where it does not have the tokenizer's
    `vocabulary` (a number of ids), or where it takes fewer than `max_tokens` ids at once.
    """
    import_torchvision()
    if text.weights == "random":
        return Roberta(_random(text, vocabulary), weights_id(text), device)
    if text.weights == "pretrained":
        folder = hub.roberta_base(hub.MODEL_FILES, param="text.weights")
        hub.check_weights(folder)
    else:
        folder = _checked_folder(resolve(text.weights))
    model = _read(folder)
    _check_fit(model.config, max_tokens, vocabulary, folder)
    return Roberta(_without_last_layer(model), weights_id(text), device)


def weights_id(text: TextParams) -> str:
    """Return the id of the weights that `text.weights` names, without reading them: `random (seed 0)` or `sha256:...`.

    Raises PipelineError where it names a folder without the files of a model.
    """
    if text.weights == "random":
        return f"random (seed {SEED})"
    if text.weights == "pretrained":
        return f"sha256:{hub.WEIGHTS_SHA256}"
    return f"sha256:{sha256_file(_checked_folder(resolve(text.weights)) / 'model.safetensors')}"


def _random(text: TextParams, vocabulary: int) -> "RobertaModel":
    """Build a model with seeded random weights that keep a token's identity through every layer.

    The usual standard deviation of 0.02 everywhere gives word, position and type embeddings equal shares, so that
    different words have a cosine of 0.4. Here words outweigh positions, and the layers mix in context without drowning
    the word, at any width.
    """
    from transformers import RobertaConfig, RobertaModel

    config = RobertaConfig(
        vocab_size=vocabulary,
        hidden_size=text.hidden,
        num_hidden_layers=text.layers,
        num_attention_heads=text.heads,
        intermediate_size=4 * text.hidden,
        max_position_embeddings=POSITIONS,
        type_vocab_size=1,
    )
    model = _without_last_layer(RobertaModel(config, add_pooling_layer=False))
    spread = {"word_embeddings": 1.0, "position_embeddings": 0.3, "token_type_embeddings": 0.0}
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if name.endswith("bias"):
                parameter.zero_()
            elif "LayerNorm" in name:
                parameter.fill_(1.0)
            else:
                std = spread.get(name.split(".")[-2], 0.5 * text.hidden**-0.5)
                parameter.copy_(std * torch.randn(parameter.shape, generator=generator))
    return model


def _without_last_layer(model: "RobertaModel") -> "RobertaModel":
    model.encoder.layer = model.encoder.layer[:-1]
    return model


def _checked_folder(folder: Path) -> Path:
    fix = "set text.weights to a folder with config.json and model.safetensors, to `pretrained`, or to `random`"
    check_folder(folder, hub.MODEL_FILES, "text.weights", fix)
    config = read_json(folder / "config.json", fix)
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind != "roberta":
        raise PipelineError(f"a model of type {kind!r}, not 'roberta'", where=folder / "config.json", fix=fix)
    return folder


def _read(folder: Path) -> "RobertaModel":
    from transformers import RobertaModel
    from transformers.utils import logging

    logging.set_verbosity_error()  # the language model's head is left out on purpose
    logging.disable_progress_bar()
    path = folder / "model.safetensors"
    fix = "restore the file, or set text.weights to `pretrained` or `random`"
    try:
        loaded: Any = RobertaModel.from_pretrained(
            folder,
            add_pooling_layer=False,
            use_safetensors=True,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,  # so that it returns a pair, which its types do not say
        )
        model, found = loaded
    except Exception as error:  # OSError, RuntimeError, SafetensorError, ...: one cause, a file that is not RoBERTa's
        raise PipelineError(f"cannot be read as RoBERTa's weights: {error}", where=path, fix=fix) from None
    if found["missing_keys"]:
        raise PipelineError(f"lacks tensors of RoBERTa: {sorted(found['missing_keys'])[0]}, ...", where=path, fix=fix)
    given = load_file(path)
    for name, tensor in model.state_dict().items():
        stored = given.get(name, given.get(f"roberta.{name}"))
        if stored is not None and (what := fault(stored, tensor)):
            raise PipelineError(f"cannot be read as RoBERTa's weights: tensor {what}: {name}", where=path, fix=fix)
    return model


def _check_fit(config, max_tokens: int, vocabulary: int, folder: Path) -> None:
    if config.vocab_size != vocabulary:
        raise PipelineError(
            f"the model has {config.vocab_size} tokens, the tokenizer {vocabulary}: the ids would mean other words",
            where=folder / "config.json",
            fix="set text.tokenizer to the tokenizer that the weights were trained with (pretrained: `roberta-base`)",
        )
    longest = config.max_position_embeddings - PADDING - 1
    if max_tokens > longest:
        raise PipelineError(
            f"the model takes {longest} tokens, the two specials included",
            where=folder / "config.json",
            fix="lower query_text.max_tokens or subtitle_text.max_tokens",
        )
