"""What encodes a text: RoBERTa, for queries and subtitles, or any other encoder of queries (clip_encoder.py).

Tests: tests/text/test_queries.py, tests/text/test_subtitles.py.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import tokenizers
import torch
import transformers

from pipeline.backbones.roberta.network import Roberta, load_roberta
from pipeline.backbones.roberta.params import TextParams
from pipeline.backbones.roberta.tokenizer import Tokenizer, load_tokenizer
from pipeline.core.files import canonical_json, sha256_text
from pipeline.core.manifest import Query
from pipeline.feature_io.cuts import MOST_TOKENS
from pipeline.feature_io.store import Entry, Store, entry_key

LIBRARIES = f"torch {torch.__version__}, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}"


class QueryEncoder(Protocol):
    """Encodes one query at a time.

    provenance: everything that decides a feature. named: what is told of the encoder besides. max_tokens: the most ids
    that are read, the special tokens included, and longest: how many they could be; room: the most ids of a text;
    row_size: D.
    """

    @property
    def provenance(self) -> dict[str, Any]: ...
    @property
    def named(self) -> dict[str, str]: ...
    @property
    def max_tokens(self) -> int: ...
    @property
    def longest(self) -> int: ...
    @property
    def room(self) -> int: ...
    @property
    def row_size(self) -> int: ...

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text without special tokens, also those that are too many; empty for a text of none."""
        ...

    def key(self, ids: Sequence[int], stream: str) -> str:
        """Return the store's key of the features of these ids."""
        ...

    def encode(self, text: str) -> np.ndarray:
        """Return the features of a text that has an id, cut to `room` ids -> (W, D) float16."""
        ...


@dataclass(frozen=True)
class TextEncoder:
    """A QueryEncoder: a tokenizer, the RoBERTa that reads its ids, and the parameters that name both.

    max_tokens: the most ids that the model is given at once, the two special tokens included.
    """

    tokenizer: Tokenizer
    roberta: Roberta
    params: TextParams
    max_tokens: int
    longest: ClassVar[int] = MOST_TOKENS

    @property
    def provenance(self) -> dict[str, Any]:
        """Return everything about tokenizer and model that decides a feature."""
        return {**self.roberta.provenance, "tokenizer_sha256": self.tokenizer.sha256, "max_tokens": self.max_tokens}

    @property
    def named(self) -> dict[str, str]:
        """Return what the parameters call the tokenizer."""
        return {"tokenizer": self.params.tokenizer}

    @property
    def row_size(self) -> int:
        """Return D."""
        return self.roberta.size

    def ids(self, text: str) -> list[int]:
        """See QueryEncoder."""
        return self.tokenizer.ids(text)

    def key(self, ids: Sequence[int], stream: str) -> str:
        """Return the store's key of the features of these ids, which does not depend on the tokenizer."""
        of_tokenizer = {"tokenizer_sha256", "max_tokens"}
        provenance = {name: value for name, value in self.provenance.items() if name not in of_tokenizer}
        provenance |= {"vocabulary": len(self.tokenizer), "stream": stream}
        return entry_key(sha256_text(canonical_json(list(ids))), provenance)

    @property
    def room(self) -> int:
        """Return the most tokens of a text that fit between the two special tokens."""
        return self.max_tokens - 2

    def encode(self, text: str) -> np.ndarray:
        """Return the token features of a query: its text -> (W, D) float16; W is 0 where the text has no token."""
        return self.roberta.features(self.ids(text)[: self.room]).astype(np.float16)


def learned_from(queries: Iterable[Query]) -> list[str]:
    """Return the texts that a `corpus` tokenizer learns from: the training queries, so that it knows no other query."""
    return [query.text for query in queries if query.split == "train"]


def load_encoder(params: TextParams, max_tokens: int, texts: Iterable[str], device: torch.device) -> TextEncoder:
    """Load the tokenizer and the model that `params` names; `texts` are what a `corpus` tokenizer learns from."""
    tokenizer = load_tokenizer(params.tokenizer, texts)
    return TextEncoder(tokenizer, load_roberta(params, max_tokens, len(tokenizer), device), params, max_tokens)


def entry_of(store: Store, key: str, compute: Callable[[], Entry]) -> tuple[Entry, bool]:
    """Return the entry of `key`, and whether the store had it; an entry that it lacks is computed and stored."""
    entry = store.get(key)
    if entry is not None:
        return entry, True
    entry = compute()
    store.put(key, entry)
    return entry, False
