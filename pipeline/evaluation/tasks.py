"""The tables of the three tasks of TVR's evaluator, VR, SVMR and VCMR, for one split.

Test: tests/evaluation/test_tasks.py.
"""

from typing import Any

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.localized import Localized
from pipeline.evaluation.moments import THRESHOLDS, Annotated
from pipeline.evaluation.ranking import Ranking
from pipeline.evaluation.submission import of_videos
from pipeline.evaluation.tvr_figures import figures
from pipeline.evaluation.vcmr import first_ious
from pipeline.localizers.common.interface import Moments


def task_lists(ranking: Ranking, localized: Localized) -> dict[str, Moments]:
    """Collect the lists of a submission, by task."""
    videos = of_videos(ranking.listed, ranking.listed_score)
    return {"VCMR": localized.vcmr, "SVMR": localized.svmr, "VR": videos}


def task_tables(corpus: Corpus, lists: dict[str, Moments], truth: Annotated) -> dict[str, Any]:
    """Compute the tables in the evaluator's layout, in per cent, 2 decimals, and mIoU of SVMR.

    lists: see `task_lists`. truth: the queries that have annotated spans; without any, VR alone is measured.
    """
    tables = figures(lists, corpus.labels, truth, corpus.types, THRESHOLDS)
    if "SVMR" in tables:
        mean = first_ious(lists["SVMR"], corpus.labels, truth).double().mean().item()
        tables["SVMR"]["mIoU"] = round(100 * mean, 2)
    return tables
