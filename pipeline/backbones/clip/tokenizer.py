"""The tokenizer of a text tower, as its file tokenizer.json describes it.

The library `tokenizers` reads that file, so that no code of a model's repository is needed and the file alone, with the
ids of the special tokens, makes the tokenizer again. Test: tests/backbones/test_clip_tokenizer.py.
"""

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from pipeline.core.errors import PipelineError
from pipeline.core.files import canonical_json, read_json, sha256_text

TOKENIZER, SETTINGS = "tokenizer.json", "tokenizer_config.json"
SIGLIP_1 = ("SiglipTokenizer", "SiglipTokenizerFast")
"""What SigLIP 1 has as `tokenizer_class`; its code normalises a text before any file is asked."""
CANONICAL = (
    {"type": "Replace", "pattern": {"Regex": r"[!-/:-@\[-`{-~]"}, "content": ""},
    {"type": "Replace", "pattern": {"Regex": r"[\s\x1c-\x1f]+"}, "content": " "},
    {"type": "Strip", "strip_left": True, "strip_right": True},
)
"""The steps by which that code normalises a text in lower case, in the form of tokenizer.json."""
START_OF_TEXT, END_OF_TEXT = "<|startoftext|>", "<|endoftext|>"


class ClipTokenizer:
    """Turns a text into the ids that its text tower reads.

    content: what tokenizer.json holds; start, end: ids that stand before and behind those of every text, start is None
    where nothing does; padding: the id that fills a text up to the tower's length, None where texts are not filled up;
    sha256: the hash of all of these.
    """

    def __init__(self, content: str, *, start: int | None, end: int, padding: int | None):
        self.content, self.start, self.end, self.padding = content, start, end, padding
        self._tokenizer = Tokenizer.from_str(content)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True  # a text that names a special token is read as plain characters
        self.sha256 = sha256_text(canonical_json([content, start, end, padding]))

    def __len__(self) -> int:
        """Return how many ids there are: one more than the highest."""
        return max(self._tokenizer.get_vocab(with_added_tokens=True).values()) + 1

    @property
    def specials(self) -> int:
        """Return how many ids stand around those of a text."""
        return 1 if self.start is None else 2

    def ids(self, text: str) -> list[int]:
        """Return the ids of `text` without special tokens and surrounding white space; empty where nothing is left.

        A tower whose texts are filled up is SigLIP's, which was trained on lower case alone.
        """
        text = text.strip() if self.padding is None else text.strip().lower()
        return self._tokenizer.encode(text, add_special_tokens=False).ids if text else []

    def wrapped(self, ids: list[int], length: int) -> list[int]:
        """Return the ids that a tower of that `length` is given for a text: cut, between special tokens, filled up."""
        start = [] if self.start is None else [self.start]
        row = [*start, *ids[: length - self.specials], self.end]
        return row if self.padding is None else row + [self.padding] * (length - len(row))


def byte_tokenizer() -> ClipTokenizer:
    """Return a tokenizer made of nothing but code: a token is a byte, as a CLIP tower takes them."""
    vocabulary = {token: id for id, token in enumerate(sorted(ByteLevel.alphabet()))}
    tokenizer = Tokenizer(BPE(vocabulary, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens([AddedToken(START_OF_TEXT), AddedToken(END_OF_TEXT)])
    return ClipTokenizer(tokenizer.to_str(), start=len(vocabulary), end=len(vocabulary) + 1, padding=None)


def read_tokenizer(folder: Path, padded: bool) -> ClipTokenizer:
    """Read the tokenizer of a model's folder; padded: whether its texts are filled up, and have no start (SigLIP).

    That of a SigLIP 1 gets the steps that transformers takes with code, so that its content is whole by itself. Raises
    PipelineError where tokenizer.json or tokenizer_config.json is not a tokenizer's, or names no special tokens.
    """
    settings = read_json(folder / SETTINGS)
    try:
        content = (folder / TOKENIZER).read_text(encoding="utf-8")
        if isinstance(settings, dict) and settings.get("tokenizer_class") in SIGLIP_1:
            content = _canonical(content)
        tokenizer = Tokenizer.from_str(content)
    except Exception as error:  # what `tokenizers` raises has no narrower class
        raise PipelineError(f"not a tokenizer: {error}", where=folder / TOKENIZER, fix="restore the file") from None

    def special(name: str) -> int:
        token = _content(settings.get(name) if isinstance(settings, dict) else None)
        id = None if token is None else tokenizer.token_to_id(token)
        if id is None:
            cause = f"`{name}` names no token of {TOKENIZER}"
            raise PipelineError(cause, where=folder / SETTINGS, fix="restore both files")
        return id

    return ClipTokenizer(
        content,
        start=None if padded else special("bos_token"),
        end=special("eos_token"),
        padding=special("pad_token") if padded else None,
    )


def _canonical(content: str) -> str:
    """Put the steps of `CANONICAL` before those by which a tokenizer.json normalises texts."""
    described = json.loads(content)
    own = described.get("normalizer")
    described["normalizer"] = {"type": "Sequence", "normalizers": [*CANONICAL, *([own] if own else [])]}
    return json.dumps(described, ensure_ascii=False)


def _content(token: Any) -> str | None:
    named = token.get("content") if isinstance(token, dict) else token
    return named if isinstance(named, str) else None
