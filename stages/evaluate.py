"""Stage `evaluate`: rank the videos for the queries of val and test, and find spans in them; write metrics and lists.

The kind of span that answers is chosen on the split that selected the model. Test: tests/evaluation/test_stage.py.
"""

import sys
from functools import partial
from pathlib import Path

from pipeline.core.cli import run
from pipeline.core.files import read_json, write_json
from pipeline.core.manifest import SELECTION_SPLIT, read_queries
from pipeline.core.params import load
from pipeline.core.runtime import device
from pipeline.corpus.corpus import load_corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.evaluation.answers import choose
from pipeline.evaluation.constant import constant_span
from pipeline.evaluation.cost import cost
from pipeline.evaluation.files import write_empty, write_split
from pipeline.evaluation.localized import curve_rows, localize
from pipeline.evaluation.params import EvaluateParams
from pipeline.evaluation.ranking import rank_corpus
from pipeline.evaluation.split import measure
from pipeline.evaluation.standing_out import choose_threshold
from pipeline.evaluation.summary import describe, headline, reported_split
from pipeline.localizers.common import trained
from pipeline.localizers.common.interface import Situation
from pipeline.localizers.common.registry import open_localizer, open_trained
from pipeline.models.common import checkpoint
from pipeline.ops import keep_memory
from pipeline.retrieval.index import Index

MANIFEST, MODEL, OUT, TRAINED = (Path("outputs") / name for name in ("manifest", "model", "evaluation", "localizer"))
FEATURES, SPLITS = "outputs/features", ("val", "test")


def main() -> None:
    keep_memory()
    params = load("dataset", "model", "protocol", "localizer", EvaluateParams)
    asked_for = {name: getattr(params, name) for name in ("dataset", "model", "protocol")}
    of_localizer = read_json(TRAINED / trained.CONFIG)
    checkpoint.check_trained_with(of_localizer, {"localizer": params.localizer}, TRAINED)
    model, config = checkpoint.load(MODEL, device())
    checkpoint.check_trained_with(config, asked_for, MODEL)
    features, asked = FeaturesParams(**config["features"]), {q.split for q in read_queries(MANIFEST / "queries.jsonl")}
    loads = {split: partial(load_corpus, MANIFEST, FEATURES, split) for split in SPLITS if split in asked}
    corpora = {split: load_split(features, model.recipe) for split, load_split in loads.items()}
    reported, selection = reported_split(corpora), SELECTION_SPLIT[params.protocol]
    indexes = {split: Index.build(model, corpus, device()) for split, corpus in corpora.items()}
    recipe, constant = trained.recipe_of(of_localizer), constant_span(MANIFEST)
    rankings = {split: rank_corpus(indexes[split], corpus, recipe.videos) for split, corpus in corpora.items()}
    answer = choose(corpora[selection], rankings[selection], params.evaluate.answer, selection)
    results = {}
    for (split, corpus), index, ranking in zip(corpora.items(), indexes.values(), rankings.values(), strict=True):
        found = (ranking.top, ranking.own)
        situation = Situation(index, corpus.query, corpus.query_mask, found, answer.window)
        network = partial(open_trained, TRAINED, corpus, loads[split], device())
        localizer = open_localizer(params.localizer, recipe, situation, network)
        results[split] = measure(corpus, ranking, localize(localizer, ranking, recipe), answer, constant)
        write_split(OUT, split, corpus, results[split], curve_rows(localizer, corpus))
    write_empty(OUT, set(SPLITS) - set(corpora))
    prepared = read_json(MANIFEST / "prepare.json")
    details = {**asked_for, **describe(config, model, prepared), "localizer": {"name": params.localizer}}
    details |= {"reported_split": reported, "selection_split": selection}
    details["answer"] = {**answer.choice, "constant_span": constant}
    details["splits"] = {split: result.metrics for split, result in results.items()}
    threshold = choose_threshold(indexes[selection], corpora[selection], selection)
    write_json(OUT / "search.json", {"window": answer.window, "threshold": threshold})
    write_json(OUT / "recall.json", results[reported].curve)
    write_json(OUT / "details.json", details)
    write_json(OUT / "cost.json", cost(indexes[reported], corpora[reported], read_json(MODEL / "training.json")))
    write_json(OUT / "metrics.json", metrics := headline(details))
    numbers = ", ".join(f"{name} {value:g}" for name, value in metrics.items())
    print(f"evaluate: {numbers}; localizer {params.localizer}, {answer}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
