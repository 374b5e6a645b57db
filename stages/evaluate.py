"""Stage `evaluate`: rank the videos for the queries of val and test, and find spans in them; write metrics and lists.

How to answer is chosen on the selection split, or came with a reused model. Test: tests/evaluation/test_stage.py.
"""

import sys
from functools import partial
from pathlib import Path

from pipeline.core.cli import run
from pipeline.core.files import read_json
from pipeline.core.manifest import read_queries
from pipeline.core.params import load
from pipeline.core.reused import read_reused
from pipeline.core.runtime import device
from pipeline.corpus.corpus import load_corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.evaluation.constant import constant_span
from pipeline.evaluation.cost import cost
from pipeline.evaluation.files import write_empty, write_numbers, write_split
from pipeline.evaluation.localized import curve_rows, localize
from pipeline.evaluation.params import EvaluateParams
from pipeline.evaluation.ranking import rank_corpus
from pipeline.evaluation.reused import choose_search, selection_of, unselected_search, write_without_queries
from pipeline.evaluation.split import measure
from pipeline.evaluation.summary import describe, headline, reported_split
from pipeline.localizers.common import trained
from pipeline.localizers.common.interface import Situation
from pipeline.localizers.common.registry import open_localizer, open_trained
from pipeline.models.common import checkpoint
from pipeline.ops import keep_memory
from pipeline.retrieval.index import Index

MANIFEST, MODEL, OUT, TRAINED = (Path("outputs") / name for name in ("manifest", "model", "evaluation", "localizer"))
FEATURES, SPLITS = Path("outputs/features"), ("val", "test")


def main() -> None:
    keep_memory()
    params = load("dataset", "model", "protocol", "localizer", EvaluateParams)
    asked_for = {name: getattr(params, name) for name in ("dataset", "model", "protocol")}
    of_localizer = read_json(TRAINED / trained.CONFIG)
    checkpoint.check_trained_with(of_localizer, {"localizer": params.localizer}, TRAINED)
    model, config = checkpoint.load(MODEL, device())
    checkpoint.check_trained_with(config, asked_for, MODEL)
    features, reused = FeaturesParams(**config["features"]), read_reused()
    prepared = read_json(MANIFEST / "prepare.json")
    asked = {query.split for query in read_queries(MANIFEST / "queries.jsonl")}
    details = {**asked_for, **describe(config, model, prepared), "localizer": {"name": params.localizer}}
    if not asked & {*SPLITS} and (reused or not model.recipe.fitted):
        search = unselected_search(reused, params.evaluate.answer)
        return write_without_queries(OUT, MANIFEST, (FEATURES, features), details, search, model.recipe)
    loads = {split: partial(load_corpus, MANIFEST, FEATURES, split) for split in SPLITS if split in asked}
    corpora = {split: load_split(features, model.recipe) for split, load_split in loads.items()}
    reported, selection = reported_split(corpora), selection_of(reused, corpora, params.protocol)
    indexes = {split: Index.build(model, corpus, device()) for split, corpus in corpora.items()}
    recipe, constant = trained.recipe_of(of_localizer), constant_span(MANIFEST)
    rankings = {split: rank_corpus(indexes[split], corpus, recipe.videos) for split, corpus in corpora.items()}
    answer, search = choose_search(reused, params.evaluate.answer, selection, corpora, rankings, indexes)
    results = {}
    for (split, corpus), index, ranking in zip(corpora.items(), indexes.values(), rankings.values(), strict=True):
        situation = Situation(index, corpus.query, corpus.query_mask, (ranking.top, ranking.own), answer.window)
        network = partial(open_trained, TRAINED, corpus, loads[split], device())
        localizer = open_localizer(params.localizer, recipe, situation, network)
        results[split] = measure(corpus, ranking, localize(localizer, ranking, recipe), answer, constant)
        write_split(OUT, split, corpus, results[split], curve_rows(localizer, corpus))
    write_empty(OUT, set(SPLITS) - set(corpora))
    details |= {"reported_split": reported, "selection_split": selection}
    details["answer"] = {**answer.choice, "constant_span": constant}
    details["splits"] = {split: result.metrics for split, result in results.items()}
    metrics, costs = headline(details), cost(indexes[reported], corpora[reported], read_json(MODEL / "training.json"))
    write_numbers(OUT, search=search, recall=results[reported].curve, details=details, cost=costs, metrics=metrics)
    numbers = ", ".join(f"{name} {value:g}" for name, value in metrics.items())
    print(f"evaluate: {numbers}; localizer {params.localizer}, {answer}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
