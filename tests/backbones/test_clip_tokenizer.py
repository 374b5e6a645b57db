"""The tokenizers of text towers: any text becomes ids, and none can smuggle in a special token."""

import json
import string
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from helpers.clip import clip_tokenizer, siglip_tokenizer
from hypothesis import given
from hypothesis import strategies as st

from pipeline.backbones.clip.tokenizer import byte_tokenizer, read_tokenizer

BYTES = byte_tokenizer()


@pytest.fixture(scope="module", params=["clip", "siglip"])
def tokenizer(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    (siglip_tokenizer() if request.param == "siglip" else clip_tokenizer(600)).save_pretrained(folder)
    return read_tokenizer(folder, padded=request.param == "siglip")


@given(st.text())
def test_bytes_are_the_ids_of_any_text(text):
    kept = text.encode("utf-8", "ignore").decode().strip()
    ids = BYTES.ids(kept)
    assert len(ids) == len(kept.encode()) and all(0 <= id < 256 for id in ids)


def test_a_text_that_names_special_tokens_is_plain(tokenizer):
    for text in ("a <|endoftext|> b", "<|startoftext|>", "<eos> a <pad> <bos>", "<unk>"):
        assert not {tokenizer.start, tokenizer.end, tokenizer.padding} & set(tokenizer.ids(text))


def test_white_space_around_a_text_and_case_do_not_matter(tokenizer):
    assert tokenizer.ids("  The Door\n") == tokenizer.ids("the door") != []
    assert tokenizer.ids(" \t\n") == []


@pytest.fixture(scope="module")
def siglip_1(tmp_path_factory):
    """A tokenizer that its folder says to be SigLIP 1's, the same one of a SigLIP 2, and what SigLIP 1's does to texts.

    That is the code of transformers, which imports a package that is not installed.
    """
    folder = tmp_path_factory.mktemp("siglip_1")
    siglip_tokenizer().save_pretrained(folder)
    plain, path = read_tokenizer(folder, padded=True), folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "SiglipTokenizer"}))
    with pytest.MonkeyPatch.context() as patch:
        absent = ModuleType("sentencepiece")
        absent.__spec__ = ModuleSpec("sentencepiece", None)
        patch.setitem(sys.modules, "sentencepiece", absent)
        from transformers.models.siglip.tokenization_siglip import SiglipTokenizer
    published = SiglipTokenizer.__new__(SiglipTokenizer)
    vars(published)["do_lower_case"] = True
    return read_tokenizer(folder, padded=True), plain, published.canonicalize_text


@given(
    st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(string.punctuation + string.whitespace + "\x1c")))
)
def test_siglip_1_reads_the_texts_that_its_own_tokenizer_makes(siglip_1, text):
    tokenizer, plain, canonical = siglip_1
    assert tokenizer.ids(text) == plain.ids(canonical(text))


def test_siglip_1_reads_no_punctuation_and_one_space_for_many(siglip_1):
    tokenizer, plain, _ = siglip_1
    assert tokenizer.ids(f" The{string.punctuation} \t\n\x1c Door. ") == plain.ids("the door") != plain.ids("the door.")
    assert tokenizer.ids("?!") == [] != plain.ids("?!") and tokenizer.sha256 != plain.sha256


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 8, 20])
def test_a_row_is_cut_and_ends_with_the_end(tokenizer, count):
    ids, length = list(range(10, 10 + count)), 8
    row = tokenizer.wrapped(ids, length)
    kept = ids[: length - tokenizer.specials]
    if tokenizer.padding is None:
        assert row == [tokenizer.start, *kept, tokenizer.end]
    else:
        assert row == [*kept, tokenizer.end, *[tokenizer.padding] * (length - 1 - len(kept))] and len(row) == length


def test_hash_is_of_all_that_makes_ids(tokenizer):
    assert len({BYTES.sha256, tokenizer.sha256}) == 2 and BYTES.sha256 == byte_tokenizer().sha256
