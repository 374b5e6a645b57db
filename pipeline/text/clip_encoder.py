"""Encodes queries with the text side of CLIP or SigLIP, in the space of the stream `clip` or as states of tokens.

Test: tests/text/test_clip_encoder.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.backbones.clip.text import ClipText
from pipeline.core.files import canonical_json, sha256_text
from pipeline.feature_io.store import entry_key
from pipeline.text.params import CLIP, SENTENCE


@dataclass(frozen=True)
class ClipEncoder:
    """A QueryEncoder, which reads as many ids as its tower does. output: `sentence`, W = 1, or `tokens`."""

    text: ClipText
    output: str

    @property
    def max_tokens(self) -> int:
        """Return the most ids that are read, the special tokens included."""
        return self.text.max_tokens

    @property
    def longest(self) -> int:
        """Return `max_tokens`: no parameter makes it less."""
        return self.max_tokens

    @property
    def room(self) -> int:
        """Return the most ids of a text."""
        return self.text.room

    @property
    def row_size(self) -> int:
        """Return D, that of a sentence or that of a token's state."""
        return self.text.size if self.output == SENTENCE else self.text.token_size

    @property
    def provenance(self) -> dict[str, Any]:
        """Return everything that decides a feature."""
        return {**self.text.provenance, "encoder": CLIP, "clip_output": self.output}

    @property
    def named(self) -> dict[str, str]:
        """Return nothing: the provenance names all."""
        return {}

    def ids(self, text: str) -> list[int]:
        """See QueryEncoder."""
        return self.text.ids(text)

    def key(self, ids: Sequence[int], stream: str) -> str:
        """See QueryEncoder."""
        return entry_key(sha256_text(canonical_json(list(ids))), {**self.provenance, "stream": stream})

    def encode(self, text: str) -> np.ndarray:
        """See QueryEncoder; a row of `sentence` has L2 norm 1."""
        if self.output == SENTENCE:
            return self.text.sentence(text)[None].astype(np.float16)
        return self.text.tokens(text).astype(np.float16)
