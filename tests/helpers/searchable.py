"""An index that can be asked: random videos, a model and a text encoder with random weights, and their evaluation."""

from pathlib import Path

import torch
from helpers.untrained import write_inputs

from pipeline.backbones.roberta.params import TextParams
from pipeline.core.manifest import Sentence, Subtitles, read_queries, write_queries, write_subtitles
from pipeline.feature_io.store import Store
from pipeline.text.encoder import load_encoder
from pipeline.text.queries import extract_queries
from pipeline.text.saved import save_encoder

WORDS = ("a", "dog", "cat", "runs", "sleeps", "into", "the", "water", "house", "slowly")
TEXT = TextParams(tokenizer="corpus", weights="random", layers=2, hidden=16, heads=2)
CPU = torch.device("cpu")


def write_searchable(model: str, localizer: str = "moments", answer: str = "model") -> None:
    """Write all that the stages `evaluate` and `index` read, in the working folder; the queries are sentences."""
    write_inputs(("test", "val"), model, answer, localizer=localizer, query_size=TEXT.hidden)
    path = Path("outputs/manifest/queries.jsonl")
    texts = [" ".join(WORDS[(place * step) % len(WORDS)] for step in range(1, 6)) for place in range(1, 100)]
    queries = [
        type(query)(**{**vars(query), "text": text}) for query, text in zip(read_queries(path), texts, strict=False)
    ]
    write_queries(path, queries)
    encoder = load_encoder(TEXT, 10, [query.text for query in queries], CPU)
    extract_queries(queries, encoder, Store(Path("store"), "query"), "outputs/features/query.h5")
    save_encoder("outputs/text_encoder", encoder)
    sentences = (Sentence("Nobody has slept here.", 1.0, 3.0), Sentence("The water is cold.", 8.0, 12.0))
    write_subtitles("outputs/manifest/subtitles.jsonl", [Subtitles("test1", sentences)])
