"""A small text encoder and a store in a temporary folder."""

import pytest
import torch

from pipeline.backbones.roberta.params import TextParams
from pipeline.feature_io.store import Store
from pipeline.text.encoder import load_encoder

VOCABULARY_TEXTS = ["a red disc moves up", "a blue box moves down", "then a green star turns left", "and stops"] * 2


@pytest.fixture(scope="session")
def encoder():
    params = TextParams(tokenizer="corpus", weights="random", layers=2, hidden=16, heads=2)
    return load_encoder(params, 8, VOCABULARY_TEXTS, torch.device("cpu"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", "text")
