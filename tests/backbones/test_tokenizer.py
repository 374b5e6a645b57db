"""Byte-level BPE: trained on a corpus, read from a folder, and what is said where a folder is wrong."""

import json
import os
import random
from pathlib import Path

import pytest

from pipeline.backbones.roberta.tokenizer import LEARNED_TEXTS, SPECIALS, Tokenizer, load_tokenizer, train_tokenizer
from pipeline.core.errors import PipelineError

TEXTS = [
    f"a {colour} {shape} moves {way}"
    for colour in ("red", "blue")
    for shape in ("disc", "box")
    for way in ("up", "down")
]


def write_folder(folder: Path, vocab: dict[str, int], merges: list[str]) -> Path:
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n", encoding="utf-8")
    return folder


def test_corpus_tokenizer_learns_the_words_of_the_texts():
    tokenizer = load_tokenizer("corpus", TEXTS)
    assert len(tokenizer.ids("a red disc moves up")) == 5
    assert max(tokenizer.ids("a red disc moves up")) < len(tokenizer)


def test_corpus_tokenizer_depends_on_the_set_of_texts_only():
    shuffled = TEXTS * 2
    random.Random(0).shuffle(shuffled)
    assert train_tokenizer(shuffled).sha256 == train_tokenizer(TEXTS).sha256
    assert train_tokenizer([*TEXTS, "purple purple purple"]).sha256 != train_tokenizer(TEXTS).sha256


def test_a_further_text_leaves_the_ids_of_the_others():
    """Whether it brings words of its own or not; only what it splits otherwise may change."""
    texts = [
        f"{who} {does} the {what}" for who in ("she", "he") for does in ("lifts", "drops") for what in ("cup", "box")
    ]
    before, after = train_tokenizer(texts), train_tokenizer([*texts, "zebras and giraffes lift nothing"])
    assert before.sha256 != after.sha256 and len(before) == len(after)
    assert sum(before.ids(text) == after.ids(text) for text in texts) >= len(texts) - 1


def test_most_further_texts_change_nothing_where_there_are_many():
    many = [f"clip {number} of {number * 7919 % 1000}" for number in range(LEARNED_TEXTS * 4)]
    tokenizer = train_tokenizer(many)
    further = [f"a further text that says {word}" for word in ("zebra", "giraffe", "heron", "newt", "crane", "stoat")]
    unchanged = [train_tokenizer([*many, text]).sha256 == tokenizer.sha256 for text in further]
    assert sum(unchanged) >= 3


@pytest.mark.parametrize("text", ["naïve café", "红色的圆", "🙂🙃", "tab\tand\nline", "é"])
def test_any_text_has_tokens_and_none_is_a_special(text):
    ids = train_tokenizer(TEXTS).ids(text)
    assert ids and min(ids) >= len(SPECIALS)


def test_names_of_specials_are_plain_text():
    ids = train_tokenizer(TEXTS).ids("</s><pad><mask>")
    assert min(ids) >= len(SPECIALS)


def test_surrounding_white_space_is_no_token():
    tokenizer = train_tokenizer(TEXTS)
    assert tokenizer.ids("  \n\t ") == tokenizer.ids("") == []
    assert tokenizer.ids("  a red disc \n") == tokenizer.ids("a red disc")


def test_no_texts_leave_the_bytes():
    tokenizer = train_tokenizer([])
    assert len(tokenizer.ids("disc")) == 4


def test_folder_gives_the_ids_of_its_files(tmp_path):
    vocab = {token: index for index, token in enumerate([*SPECIALS, "h", "i", "hi", "Ġ", "Ġhi"])}
    tokenizer = load_tokenizer(str(write_folder(tmp_path / "bpe", vocab, ["h i", "Ġ hi"])), [])
    assert tokenizer.ids("hi hi") == [vocab["hi"], vocab["Ġhi"]]
    assert len(tokenizer) == len(vocab)
    assert tokenizer.sha256 == Tokenizer(vocab, [("h", "i"), ("Ġ", "hi")]).sha256


def test_relative_folder_starts_at_the_main_checkout(tmp_path, monkeypatch):
    vocab = {token: index for index, token in enumerate([*SPECIALS, "h"])}
    write_folder(tmp_path / "bpe", vocab, [])
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert load_tokenizer("bpe", []).ids("h") == [5]


def test_mistyped_folder_names_the_path_and_the_ways_out(tmp_path):
    with pytest.raises(PipelineError) as caught:
        load_tokenizer(str(tmp_path / "robrta"), [])
    for words in (
        str(tmp_path / "robrta"),
        "text.tokenizer",
        "does not exist",
        "vocab.json",
        "`roberta-base`",
        "`corpus`",
    ):
        assert words in str(caught.value)


def test_folder_without_merges_is_named(tmp_path):
    folder = write_folder(tmp_path / "bpe", {"<s>": 0}, [])
    (folder / "merges.txt").unlink()
    with pytest.raises(PipelineError, match="without merges.txt"):
        load_tokenizer(str(folder), [])


def test_damaged_vocabulary_is_an_error_not_a_traceback(tmp_path):
    folder = write_folder(tmp_path / "bpe", {"<s>": 0}, [])
    (folder / "vocab.json").write_text("{")
    with pytest.raises(PipelineError, match="not a byte-level BPE"):
        load_tokenizer(str(folder), [])


@pytest.mark.parametrize("tokens", [SPECIALS, ("<pad>", "<s>", "</s>", "<unk>", "<mask>", "a")])
def test_vocabulary_that_is_not_robertas_is_refused(tmp_path, tokens):
    folder = write_folder(tmp_path / "bpe", {token: index for index, token in enumerate(tokens)}, [])
    with pytest.raises(PipelineError, match="not RoBERTa's vocabulary"):
        load_tokenizer(str(folder), [])


@pytest.mark.skipif("AMDNET_REAL_DATA" not in os.environ, reason="AMDNET_REAL_DATA names no folder with real data")
def test_real_vocabulary_gives_robertas_ids():
    tokenizer = load_tokenizer(os.path.join(os.environ["AMDNET_REAL_DATA"], "tokenizer", "roberta_hf"), [])
    assert tokenizer.ids("Hello world!") == [31414, 232, 328]
    assert tokenizer.ids("naïve 中文 🙂") == [2133, 48350, 1437, 47643, 47240, 6382, 45868]
    assert len(tokenizer) == 50265
