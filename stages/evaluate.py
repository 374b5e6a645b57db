"""Stage `evaluate`: rank the videos for the queries of val and test; write metrics, costs, rankings and moments.

Which way of answering spans is used is chosen on the split that selected the model. A split without queries gets empty
rankings. Test: tests/evaluation/test_stage.py.
"""

import sys
from pathlib import Path

from pipeline.core.cli import run
from pipeline.core.files import read_json, write_json, write_jsonl
from pipeline.core.manifest import SELECTION_SPLIT, read_queries
from pipeline.core.params import load
from pipeline.core.runtime import device
from pipeline.corpus.corpus import load_corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.evaluation.answers import choose
from pipeline.evaluation.constant import constant_span
from pipeline.evaluation.cost import cost
from pipeline.evaluation.params import EvaluateParams
from pipeline.evaluation.ranking import rank_corpus
from pipeline.evaluation.split import measure
from pipeline.evaluation.summary import headline, reported_split
from pipeline.models.common import checkpoint
from pipeline.ops import keep_memory
from pipeline.retrieval.index import Index

MANIFEST, MODEL, OUT = Path("outputs/manifest"), Path("outputs/model"), Path("outputs/evaluation")
SPLITS = ("val", "test")


def main() -> None:
    keep_memory()
    params = load("dataset", "model", "protocol", EvaluateParams)
    asked_for = {name: getattr(params, name) for name in ("dataset", "model", "protocol")}
    model, config = checkpoint.load(MODEL, device())
    checkpoint.check_trained_with(config, asked_for, MODEL)
    features = FeaturesParams(**config["features"])
    asked = {query.split for query in read_queries(MANIFEST / "queries.jsonl")}
    corpora = {
        split: load_corpus(MANIFEST, "outputs/features", split, features, model.recipe)
        for split in SPLITS
        if split in asked
    }
    reported = reported_split(corpora)
    indexes = {split: Index.build(model, corpus, device()) for split, corpus in corpora.items()}
    rankings = {split: rank_corpus(indexes[split], corpus) for split, corpus in corpora.items()}
    selection, constant = SELECTION_SPLIT[params.protocol], constant_span(MANIFEST)
    answer = choose(corpora[selection], rankings[selection], params.evaluate.answer, selection)
    results = {split: measure(corpora[split], rankings[split], answer, constant) for split in corpora}
    for split in SPLITS:
        write_jsonl(OUT / f"rankings_{split}.jsonl", results[split].rankings if split in results else [])
        write_jsonl(OUT / f"moments_{split}.jsonl", results[split].moments if split in results else [])
    details = {
        **asked_for,
        "seed": config["seed"],
        "random_weights": config["random_weights"],
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "reported_split": reported,
        "selection_split": selection,
        "answer": {**answer.choice, "constant_span": constant},
        "leaked_test_videos": read_json(MANIFEST / "prepare.json").get("leaks", {}).get("test_videos", 0),
        "splits": {split: result.metrics for split, result in results.items()},
    }
    write_json(OUT / "recall.json", results[reported].curve)
    write_json(OUT / "details.json", details)
    training = read_json(MODEL / "training.json")
    write_json(OUT / "cost.json", cost(indexes[reported], corpora[reported], training))
    write_json(OUT / "metrics.json", metrics := headline(details))
    numbers = ", ".join(f"{name} {value:g}" for name, value in metrics.items())
    print(f"evaluate: {numbers}; {answer}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
