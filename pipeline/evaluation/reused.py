"""What is evaluated of a model that was not trained here: a reused one, or one that needs no training.

How a reused model answers was chosen where it was trained; of both there may be no queries.

Test: tests/evaluation/test_reused.py.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json
from pipeline.core.manifest import SELECTION_SPLIT, read_videos
from pipeline.core.recipe import Recipe
from pipeline.core.reused import SEARCH, Reused
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.corpus.sources import Form, open_sources
from pipeline.corpus.split import find_videos
from pipeline.evaluation.answers import Answer, choose
from pipeline.evaluation.files import write_empty, write_numbers
from pipeline.evaluation.ranking import Ranking
from pipeline.evaluation.standing_out import choose_threshold
from pipeline.retrieval.index import Index


def unselected_search(reused: Reused | None, asked: str) -> dict[str, Any]:
    """Tell how a search answers, as search.json has it: as it was chosen where a reused model was trained.

    Where that is not known, or None is reused, the answer is the model's own, and no threshold says what fits. asked:
    `evaluate.answer`; raises PipelineError where that is a window, and none was chosen for the reused model.
    """
    if reused is None:
        return {"window": None, "threshold": None}
    known = SEARCH in reused.files
    search: dict[str, Any] = read_json(reused.folder / SEARCH) if known else {"window": None, "threshold": None}
    if not isinstance(search, dict) or not {"window", "threshold"} <= search.keys():
        fix = "copy the whole folder anew from where the model was trained"
        raise PipelineError("it does not say how a search answers", where=reused.folder / SEARCH, fix=fix)
    if asked == "window" and search["window"] is None:
        raise PipelineError(
            "`evaluate.answer: window`: no width of a window was chosen where the model was trained",
            where=reused.folder / SEARCH,
            fix="set evaluate.answer to auto or model",
        )
    return {**search, "window": None} if asked == "model" else search


def selection_of(reused: Reused | None, corpora: Mapping[str, Corpus], protocol: str) -> str | None:
    """Name the split on which the answer is chosen: None for a reused model, and where that split has no queries."""
    split = SELECTION_SPLIT[protocol]
    return split if reused is None and split in corpora else None


def choose_search(
    reused: Reused | None,
    asked: str,
    split: str | None,
    corpora: Mapping[str, Corpus],
    rankings: Mapping[str, Ranking],
    indexes: Mapping[str, Index],
) -> tuple[Answer, dict[str, Any]]:
    """Choose the answer, and what search.json holds, on a split, or take both from a reused model.

    asked: `evaluate.answer`. split: see `selection_of`; where it is None and nothing is reused, the answer is the
    model's own. corpora, rankings, indexes: those of each split.
    """
    if reused:
        search = unselected_search(reused, asked)
        kind = "model" if search["window"] is None else "window"
        return Answer(
            kind, search["window"], {"asked": asked, "chosen": kind, "width": search["window"], "reused": True}
        ), search
    if split is None:
        nothing = {"asked": asked, "split": "val", "queries_with_spans": 0, "chosen": "model", "width": None}
        return Answer("model", None, nothing), unselected_search(None, asked)
    answer = choose(corpora[split], rankings[split], asked, split)
    threshold = choose_threshold(indexes[split], corpora[split], split)
    return answer, {"window": answer.window, "threshold": threshold}


def write_without_queries(
    folder: Path,
    manifest: Path,
    features: tuple[Path, FeaturesParams],
    details: Mapping[str, Any],
    search: Mapping[str, Any],
    recipe: Recipe,
) -> None:
    """Write the files of the stage, and its last line, for videos without queries.

    metrics.json then holds `videos`, how many can be searched, `hours`, how long they are together, and `random
    weights` as `headline` has it. features: the folder of the feature files, and how they are read. details: what is
    known of the model; search: what search.json holds.
    """
    videos = read_videos(manifest / "videos.jsonl")
    with open_sources(*features, Form.of(recipe), recipe.subtitles) as sources:
        there = {video.video_id: video.used_seconds for video, _ in find_videos(sources, videos)}
    write_empty(folder, ("val", "test"))
    missing = [video.video_id for video in videos if video.video_id not in there]
    hours = round(sum(there.values()) / 3600, 3)
    metrics = {"videos": len(there), "hours": hours, "random weights": len(details["random_weights"])}
    nothing = {"reported_split": None, "selection_split": None, "splits": {}, "answer": {"window": search["window"]}}
    told = {**details, **nothing, "videos": len(there), "missing_videos": missing}
    costs = {"parameters": details["parameters"]}
    write_numbers(folder, search=search, recall=[], details=told, cost=costs, metrics=metrics)
    print(f"evaluate: no queries; {len(there)} videos, {hours:g} hours, can be searched", file=sys.stderr)
