"""Extracts the features of queries: the encoder reads each query by itself.

The store has one entry for each sequence of token ids, the feature file one dataset for each query id.
Test: tests/text/test_queries.py.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.core.manifest import Query
from pipeline.core.progress import watched
from pipeline.feature_io.cuts import Cuts
from pipeline.feature_io.hdf5 import ROW_SIZE, Item, write_features
from pipeline.feature_io.store import Entry, Store
from pipeline.text.encoder import LIBRARIES, QueryEncoder, entry_of


def extract_queries(queries: list[Query], encoder: QueryEncoder, store: Store, path: Path | str) -> dict[str, Any]:
    """Write the feature file of `queries`, dataset query_id -> (W, D), and return the stage's metrics.

    Of a query at most `encoder.room` ids are read; longer queries are cut and counted. A query whose text has no token
    gets no dataset and is named under `failures`.
    """
    begin = time.perf_counter()
    store.remove_abandoned()
    limit = encoder.room
    ids = {text: encoder.ids(text) for text in sorted({query.text for query in queries})}
    provenance = {**encoder.provenance, "stream": "query"}

    def entry(text: str) -> tuple[Entry, bool]:
        return entry_of(store, encoder.key(ids[text][:limit], "query"), lambda: _compute(encoder, text))

    texts = [text for text in ids if ids[text]]
    reused, libraries = 0, set()
    for text in watched(texts, "query_text", "text"):
        found, was_there = entry(text)
        reused += was_there
        libraries.add(found.attributes["libraries"])

    kept = sorted((query for query in queries if ids[query.text]), key=lambda query: query.query_id)

    def datasets() -> Iterator[Item]:
        for query in kept:
            rows = entry(query.text)[0].arrays["tokens"]
            yield Item(query.query_id, rows, {"video_id": query.video_id, "text": query.text})

    named = {**encoder.named, "libraries": sorted(libraries)}
    write_features(path, datasets(), {**provenance, **named}, {ROW_SIZE: encoder.row_size})
    failures = [
        {"query_id": query.query_id, "video_id": query.video_id, "stream": "query", "cause": "no token in its text"}
        for query in queries
        if not ids[query.text]
    ]
    cuts = Cuts(encoder.max_tokens, encoder.max_tokens - encoder.room, encoder.longest)
    for query in kept:
        cuts.add(query, len(ids[query.text]), tuple(ids[query.text][:limit]))
    return {
        "queries": len(queries),
        "videos": len({query.video_id for query in queries}),
        "texts": len(ids),
        "tokens": sum(min(len(ids[query.text]), limit) for query in kept),
        "computed": len(texts) - reused,
        "reused": reused,
        **cuts.numbers(),
        "failed": len(failures),
        "seconds": round(time.perf_counter() - begin, 3),
        "failures": failures,
    }


def _compute(encoder: QueryEncoder, text: str) -> Entry:
    return Entry({"tokens": encoder.encode(text)}, {"libraries": LIBRARIES})
