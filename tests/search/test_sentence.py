"""A sentence is encoded as the stage encodes a query of the same text."""

import torch
from helpers.searchable import TEXT

from pipeline.core.manifest import Query
from pipeline.corpus.queries import as_read
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.feature_io.store import Store
from pipeline.search.sentence import Sentence
from pipeline.text.encoder import load_encoder
from pipeline.text.queries import extract_queries

SENTENCE = "A dog runs into the water, and then into the house."


def test_it_has_the_rows_and_the_cut_of_the_query(tmp_path):
    encoder = load_encoder(TEXT, 8, [SENTENCE], torch.device("cpu"))
    query = Query("q", "v", SENTENCE, "test")
    told = extract_queries([query], encoder, Store(tmp_path / "store", "query"), tmp_path / "query.h5")
    sentence = Sentence.encode(encoder, SENTENCE)
    with FeatureFile(tmp_path / "query.h5") as file:
        assert (file["q"] == sentence.rows).all() and sentence.rows.dtype == file["q"].dtype
        tokens, mask = sentence.tokens("token")
        assert torch.equal(tokens[0], as_read(torch.from_numpy(file["q"]).double(), "token")) and mask.all()
    assert sentence.cut == len(encoder.tokenizer.ids(SENTENCE)) - encoder.room > 0 and told["truncated"] == 1
