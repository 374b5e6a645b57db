"""Whether this run learns from queries, and whether its localizer learns from their annotated spans.

A run that does not learn needs no queries, neither where a trained model is reused nor where the model needs no
training. The stage `scan` writes both files, because only it knows all of params.yaml. No stage names LOCALIZER in
dvc.yaml: it decides whether the work goes on, and never what a file holds. So a localizer that is chosen later makes
nothing stale, and `prepare` need not read the data once more, which may be on another machine; the stage `localize`
looks for spans itself. Test: tests/core/test_learning.py.
"""

from pathlib import Path

from pipeline.core.files import read_json, write_json

PATH, LOCALIZER = Path("outputs/scan/learning.json"), Path("outputs/scan/localizer_learning.json")

NO_TRAINING_SPAN = "no training query has an annotated span, and a trained localizer learns from spans alone"
NO_SELECTION_SPAN = "no query of the split that chooses the best epoch has an annotated span"
"""Why a localizer cannot be trained; what can be done then is WITHOUT_SPANS."""
WITHOUT_SPANS = "give the queries spans, or set `localizer: moments`: the spans that the retriever finds by itself"


def write_learns(learns: bool, from_spans: bool) -> None:
    """Write for the other stages whether the run learns from queries, and whether its localizer does from spans."""
    write_json(PATH, {"learns": learns})
    write_json(LOCALIZER, {"learns_from_spans": from_spans})


def read_learns() -> bool:
    """Read whether the run learns from queries."""
    learns: bool = read_json(PATH)["learns"]
    return learns


def read_learns_from_spans() -> bool:
    """Read whether the localizer of the run learns from annotated spans."""
    learns: bool = read_json(LOCALIZER)["learns_from_spans"]
    return learns
