"""The text side against transformers' own pipeline: ids, end of text, padding, pooling and normalisation."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import transformers
from helpers.clip import B32, L14, SIGLIP2, clip_params, write_model

from pipeline.backbones.clip.load import load_clip
from pipeline.core.runtime import threads

CPU = torch.device("cpu")
TEXTS = ["The door, É!", "a", "two people open the door and the window. " * 10, "the <|endoftext|> of the door"]


def published(model, folder, texts):
    """The vectors and the states that transformers gives, with the folder's own tokenizer."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    siglip = model.config.model_type == "siglip"
    length = {"padding": "max_length", "max_length": 64} if siglip else {"padding": True, "max_length": 77}
    given = tokenizer(texts, truncation=True, split_special_tokens=True, return_tensors="pt", **length)
    with torch.inference_mode():
        output = model.get_text_features(**given)
    ids = [[id for id in row if id != tokenizer.pad_token_id] for row in given["input_ids"].tolist()]
    return F.normalize(output.pooler_output, dim=1).numpy(), output.last_hidden_state.numpy(), ids


def check(folder, model):
    text = load_clip(clip_params(folder)).text(CPU)
    vectors, states, ids = published(model, folder, TEXTS)
    own = np.stack([text.sentence(each) for each in TEXTS])
    np.testing.assert_allclose(own, vectors, atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(own, axis=1), 1, atol=1e-6)
    assert np.abs(own[0] - own[1]).max() > 1e-3  # texts differ
    start = text.tokenizer.specials - 1
    for each, rows, state in zip(TEXTS, map(text.tokens, TEXTS), states, strict=True):
        count = min(len(text.ids(each)), text.room) + 1
        assert rows.shape == (count, text.token_size)
        np.testing.assert_allclose(rows, state[start : start + count], atol=2e-5)
    return text, ids


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_vectors_and_states_are_those_of_transformers(tmp_path, name):
    text, ids = check(tmp_path, write_model(tmp_path, name))
    assert (text.max_tokens, text.size, text.token_size) == ((77, 24, 32) if name == "clip" else (64, 32, 32))
    assert len(ids[2]) >= text.max_tokens - 1  # the long text was cut


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size", "states", "length"), [(B32, 512, 512, 77), (L14, 768, 768, 77), (SIGLIP2, 768, 768, 64)]
)
def test_published_architectures(tmp_path, name, size, states, length):
    text, _ = check(tmp_path, write_model(tmp_path, name, layers=None if name == B32 else 3))
    assert (text.size, text.token_size, text.max_tokens) == (size, states, length)


def test_siglip_reads_padding_and_clip_does_not(tmp_path):
    """Without padding to its full length, a SigLIP gives other vectors, which no image is near."""
    model = write_model(tmp_path, "siglip")
    text = load_clip(clip_params(tmp_path)).text(CPU)
    ids = text.ids("the door")
    with torch.inference_mode():
        short = F.normalize(model.get_text_features(torch.tensor([[*ids, 1]])).pooler_output, dim=1)[0].numpy()
    assert np.abs(short - text.sentence("the door")).max() > 1e-2
    assert text.tokenizer.wrapped(ids, 64) == [*ids, 1] + [0] * (63 - len(ids))


def test_threads_change_no_bit():
    text = load_clip(clip_params()).text(CPU)
    with threads(2):
        two = text.sentence("a red square"), text.tokens("a red square")
    with threads(1):
        one = text.sentence("a red square"), text.tokens("a red square")
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_random_model_tells_texts_apart_and_cuts_long_ones():
    text = load_clip(clip_params()).text(CPU)
    assert text.sentence("a red square") @ text.sentence("two blue circles") < 0.95
    assert text.tokens("").shape == (1, text.token_size) and text.ids(" \n") == []
    long = "x" * text.room
    assert np.array_equal(text.sentence(long), text.sentence(long + "y"))
    assert text.tokens(long + "y").shape == (text.room + 1, text.token_size) == (text.max_tokens - 1, text.token_size)
