"""The text side of CLIP, SigLIP or SigLIP 2: it maps a sentence to the space of the images.

A forward pass reads one text. A text's features therefore depend on the text and the model alone, to the last bit.
Test: tests/backbones/test_clip_text.py.
"""

from typing import Any

import numpy as np
import torch

from pipeline.backbones.clip.kinds import Name
from pipeline.backbones.clip.tokenizer import ClipTokenizer
from pipeline.core.runtime import threads

REVISION = 1
"""To be raised when a change of the code changes the features of texts."""

SHOWN = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act", "layer_norm_eps")
_LEAST_NORM = 1e-12


class ClipText:
    """Computes the features of one text at a time.

    size: D, of the space of images and sentences; token_size: H, of the tower's states; max_tokens: the most ids that
    it reads, special tokens included; room: the most ids of a text that fit; provenance: everything about the model and
    its tokenizer that decides a feature, where `weights` is the id that the images of the same model have, too;
    network: the tower, of transformers; kind: `clip` or `siglip`.
    """

    def __init__(self, network: Any, tokenizer: ClipTokenizer, kind: Name, weights: str, device: torch.device):
        self.network, self.tokenizer = network.to(device).eval(), tokenizer
        self.kind, self.weights, self._device = kind, weights, device
        config = network.config
        self.size: int = config.projection_dim if kind == "clip" else config.projection_size
        self.token_size: int = config.hidden_size
        self.max_tokens: int = config.max_position_embeddings
        self.room = self.max_tokens - tokenizer.specials
        self.provenance: dict[str, Any] = {
            "weights": weights,
            "architecture": {"kind": kind, "size": self.size, **{name: getattr(config, name) for name in SHOWN}},
            "tokenizer_sha256": tokenizer.sha256,
            "max_tokens": self.max_tokens,
            "text_revision": REVISION,
        }

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text without special tokens; those beyond `room` are not read."""
        return self.tokenizer.ids(text)

    def sentence(self, text: str) -> np.ndarray:
        """Return the vector of a text, of L2 norm 1: (D,) float32."""
        output = self._read(self.ids(text))
        vector = (output.text_embeds if self.kind == "clip" else output.pooler_output)[0].cpu().numpy()
        return vector / max(float(np.linalg.norm(vector)), _LEAST_NORM)

    def tokens(self, text: str) -> np.ndarray:
        """Return the states of a text's tokens and of the end token: (W, H) float32, W = min(ids, room) + 1."""
        ids = self.ids(text)
        begin = self.tokenizer.specials - 1
        return self._read(ids).last_hidden_state[0, begin : begin + min(len(ids), self.room) + 1].cpu().numpy()

    @torch.inference_mode()
    def _read(self, ids: list[int]) -> Any:
        """On a CPU one thread reads, so that the last bit does not depend on the number of cores."""
        row = torch.tensor([self.tokenizer.wrapped(ids, self.max_tokens)], device=self._device)
        with threads(1):
            return self.network(input_ids=row, return_dict=True)
