"""Encodes a sentence as stage `query_text` encodes the queries. Test: tests/search/test_sentence.py."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.corpus.queries import as_read
from pipeline.text.encoder import QueryEncoder


@dataclass(frozen=True)
class Sentence:
    """The token features (W, D) float16 of a sentence; cut: how many of its tokens were too many, and are not there."""

    rows: np.ndarray
    cut: int

    @classmethod
    def encode(cls, encoder: QueryEncoder, text: str) -> "Sentence":
        """Encode a text. Raises PipelineError where it has no token."""
        ids = encoder.ids(text)
        if not ids:
            raise PipelineError("the query has no word to search for", fix="type a sentence")
        return cls(encoder.encode(text), max(0, len(ids) - encoder.room))

    def tokens(self, query_form: str) -> tuple[Tensor, Tensor]:
        """Make what a model with this `query_form` reads: tokens (1, T, D) float32, and their mask (1, T)."""
        tokens = as_read(torch.from_numpy(self.rows).double(), query_form)[None]
        return tokens, torch.ones(tokens.shape[:2], dtype=torch.bool)
