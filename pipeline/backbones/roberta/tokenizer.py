"""Byte-level BPE as in RoBERTa: it turns any text into token ids and never into an unknown token.

The library `tokenizers` is used directly, because transformers 5 ignores `vocab_file=` and `merges_file=` in silence
and makes every text `<s></s>`. Where a text contains the name of a special token, it is read as plain characters.
Test: tests/backbones/test_tokenizer.py.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer as Pipeline
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from pipeline.backbones.common import hub
from pipeline.backbones.common.saved import check_folder
from pipeline.core.errors import PipelineError
from pipeline.core.files import canonical_json, sha256_text
from pipeline.core.runtime import resolve

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
START, PADDING, END = 0, 1, 2
CORPUS_VOCABULARY = 1000
"""The most tokens that a `corpus` tokenizer has, including those of all 256 bytes."""
LEARNED_TEXTS = 2000
PLACES = 8192
"""Ids among which the tokens of a `corpus` tokenizer are spread."""


class Tokenizer:
    """Turns a text into token ids below len(tokenizer); sha256 is the hash of vocabulary and merges.

    vocab: token -> id, with `<s>`, `<pad>` and `</s>` at 0, 1 and 2; merges: pairs of tokens, the first merged first;
    size: len(tokenizer), by default the number of tokens.
    """

    def __init__(self, vocab: dict[str, int], merges: list[tuple[str, str]], size: int | None = None):
        self.vocab, self.merges = vocab, merges
        self._pipeline = _pipeline(BPE(vocab=vocab, merges=[(first, second) for first, second in merges]))
        self._size = len(vocab) if size is None else size
        self.sha256 = sha256_text(canonical_json({"vocab": vocab, "merges": merges}))

    def __len__(self) -> int:
        return self._size

    def ids(self, text: str) -> list[int]:
        """Return the ids of `text` without special tokens and surrounding white space; empty where nothing is left."""
        return self._pipeline.encode(text.strip()).ids


def load_tokenizer(name: str, texts: Iterable[str]) -> Tokenizer:
    """Load the tokenizer that `text.tokenizer` names.

    `corpus`: trained on `texts`; `roberta-base`: from the hub; any other name: a folder with vocab.json and merges.txt.
    Raises PipelineError for a folder that does not exist, lacks a file, or holds no RoBERTa vocabulary.
    """
    if name == "corpus":
        return train_tokenizer(texts)
    if name == "roberta-base":
        return read_tokenizer(hub.roberta_base(hub.TOKENIZER_FILES, param="text.tokenizer"))
    return read_tokenizer(resolve(name))


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Train a tokenizer on the set of `texts`: neither their order nor repetitions matter.

    A further text changes no more than it must: where it brings a new token, the other tokens keep their ids. Of more
    than `LEARNED_TEXTS` texts only those with the lowest hashes are used, so most further texts change nothing.
    """
    pipeline = _pipeline(BPE())
    trainer = BpeTrainer(
        vocab_size=CORPUS_VOCABULARY,
        special_tokens=list(SPECIALS),
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    learned = sorted(set(texts), key=lambda text: (sha256_text(text), text))[:LEARNED_TEXTS]
    pipeline.train_from_iterator(sorted(learned), trainer)
    model = json.loads(pipeline.to_str())["model"]
    return Tokenizer(_placed(model["vocab"]), model["merges"], size=PLACES)


def _placed(vocab: dict[str, int]) -> dict[str, int]:
    """Give every token an id: special tokens and bytes keep theirs, a learned token gets the place that its hash names.

    A learned token whose place is taken gets the next free one.
    """
    everywhere = {*SPECIALS, *ByteLevel.alphabet()}
    placed = {token: id for token, id in vocab.items() if token in everywhere}
    taken = set(placed.values())
    for digest, token in sorted((sha256_text(token), token) for token in vocab.keys() - everywhere):
        place = int(digest[:8], 16) % PLACES
        while place in taken:
            place = (place + 1) % PLACES
        placed[token] = place
        taken.add(place)
    return placed


def read_tokenizer(folder: Path) -> Tokenizer:
    """Read the tokenizer of a folder with vocab.json and merges.txt; raises PipelineError naming what is wrong."""
    fix = "set text.tokenizer to a folder with vocab.json and merges.txt, to `roberta-base`, or to `corpus`"
    check_folder(folder, hub.TOKENIZER_FILES, "text.tokenizer", fix)
    try:
        vocab, merges = BPE.read_file(*(str(folder / name) for name in hub.TOKENIZER_FILES))
        tokenizer = Tokenizer(vocab, merges)
    except Exception as error:  # what `tokenizers` raises has no narrower class
        raise PipelineError(f"not a byte-level BPE: {error}", where=folder, fix=fix) from None
    if [vocab.get(token) for token in SPECIALS[:3]] != [START, PADDING, END] or len(vocab) <= len(SPECIALS):
        raise PipelineError("not RoBERTa's vocabulary: <s>, <pad>, </s> must be 0, 1, 2", where=folder, fix=fix)
    return tokenizer


def _pipeline(model: BPE) -> Pipeline:
    pipeline = Pipeline(model)
    pipeline.pre_tokenizer = ByteLevel(add_prefix_space=False)
    return pipeline
