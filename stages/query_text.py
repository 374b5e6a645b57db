"""Stage `query_text`: compute the features of the manifest's queries, (W, D) a query, with RoBERTa or with CLIP.

The text encoder is saved too, for searches. A feature pack has features of its queries; these are imported, no model
runs, and no encoder can be saved. Test: tests/text/test_stages.py.
"""

import sys

from pipeline.backbones.clip.params import ClipParams
from pipeline.backbones.roberta.params import TextParams
from pipeline.core.cli import run
from pipeline.core.files import write_json
from pipeline.core.manifest import read_queries
from pipeline.core.params import load
from pipeline.core.runtime import device, store_root
from pipeline.feature_io.cuts import cut_line
from pipeline.feature_io.store import Store
from pipeline.packs.description import read_pack
from pipeline.packs.importing import import_queries
from pipeline.text.params import QueryTextParams
from pipeline.text.queries import extract_queries
from pipeline.text.saved import query_encoder, save_encoder, save_no_encoder

ENCODER = "outputs/text_encoder"


def main() -> None:
    params = load(TextParams, QueryTextParams, ClipParams)
    queries = read_queries("outputs/manifest/queries.jsonl")
    if published := read_pack("outputs/manifest/pack.json"):
        metrics = import_queries(published, queries, params.query_text.max_tokens, "outputs/features/query.h5")
        write_json("outputs/features/query.json", metrics)
        save_no_encoder(ENCODER, "the queries came encoded, with a feature pack")
        line = "query_text: {imported} queries imported, {cut}; {seconds} s"
        print(line.format(**metrics, cut=cut_line(metrics)), file=sys.stderr)
        return
    encoder = query_encoder(params.query_text, params.text, params.clip, queries, device())
    store = Store(store_root(), "query")
    metrics = extract_queries(queries, encoder, store, "outputs/features/query.h5")
    write_json("outputs/features/query.json", metrics)
    save_encoder(ENCODER, encoder)
    print(
        "query_text: {queries} queries, {videos} videos, {tokens} tokens; {computed} texts computed, {reused} reused, "
        "{cut}, {failed} failed; {seconds} s".format(**metrics, cut=cut_line(metrics)),
        file=sys.stderr,
    )


if __name__ == "__main__":
    run(main)
