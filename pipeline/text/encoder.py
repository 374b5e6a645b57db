"""What query and subtitle extraction share: tokenizer and model, their recipe, reuse from the store.

Tests: tests/text/test_queries.py, tests/text/test_subtitles.py.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import tokenizers
import torch
import transformers

from pipeline.backbones.roberta.network import Roberta, load_roberta
from pipeline.backbones.roberta.params import TextParams
from pipeline.backbones.roberta.tokenizer import Tokenizer, load_tokenizer
from pipeline.core.files import canonical_json, sha256_text
from pipeline.core.manifest import Query
from pipeline.feature_io.store import Entry, Store, entry_key

LIBRARIES = f"torch {torch.__version__}, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}"


@dataclass(frozen=True)
class TextEncoder:
    """A tokenizer, the model that reads its ids, the parameters that named them.

    max_tokens: the most ids the model is given at once, the two specials included.
    """

    tokenizer: Tokenizer
    roberta: Roberta
    params: TextParams
    max_tokens: int

    @property
    def recipe(self) -> dict[str, Any]:
        """Everything about tokenizer and model that decides a feature."""
        return {**self.roberta.recipe, "tokenizer_sha256": self.tokenizer.sha256, "max_tokens": self.max_tokens}

    def key(self, ids: Sequence[int], stream: str) -> str:
        """The store's key of what the model makes of these ids, whichever tokenizer gave them."""
        of_tokenizer = {"tokenizer_sha256", "max_tokens"}
        recipe = {name: value for name, value in self.recipe.items() if name not in of_tokenizer}
        recipe |= {"vocabulary": len(self.tokenizer), "stream": stream}
        return entry_key(sha256_text(canonical_json(list(ids))), recipe)

    @property
    def room(self) -> int:
        """The most tokens of a text that fit between the two specials."""
        return self.max_tokens - 2


def learned_from(queries: Iterable[Query]) -> list[str]:
    """The texts that a `corpus` tokenizer learns from: of the training queries only, so that no other is known."""
    return [query.text for query in queries if query.split == "train"]


def load_encoder(params: TextParams, max_tokens: int, texts: Iterable[str], device: torch.device) -> TextEncoder:
    """Tokenizer and model as `params` name them; `texts` are what a `corpus` tokenizer learns from."""
    tokenizer = load_tokenizer(params.tokenizer, texts)
    return TextEncoder(tokenizer, load_roberta(params, max_tokens, len(tokenizer), device), params, max_tokens)


def entry_of(store: Store, key: str, compute: Callable[[], Entry]) -> tuple[Entry, bool]:
    """The entry of `key` and whether it was there already; computed and stored where it was not."""
    entry = store.get(key)
    if entry is not None:
        return entry, True
    entry = compute()
    store.put(key, entry)
    return entry, False
