"""Whether what is left of a data set is enough to train, to choose the best epoch and to report, or else to search.

Tests: tests/annotations/test_prepare.py, test_needed_spans.py.
"""

import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

from pipeline.annotations.common.assemble import Assembled
from pipeline.annotations.common.corrections import GUESSED
from pipeline.annotations.common.formats import files_of_others
from pipeline.annotations.common.params import PrepareParams
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.refusals import named
from pipeline.core.accepted import NAME, share_that_accepts
from pipeline.core.errors import PipelineError
from pipeline.core.learning import NO_SELECTION_SPAN, NO_TRAINING_SPAN, WITHOUT_SPANS
from pipeline.core.manifest import SELECTION_SPLIT


def check_queries(annotations: Annotations, source: Path) -> None:
    """Raise PipelineError where the data set has no file of queries, so that nothing can be trained on it."""
    if annotations.no_queries:
        raise PipelineError(
            f"{annotations.no_queries}: a model, or a localizer, is trained on videos with queries",
            where=source,
            fix=files_of_others(source)
            or "write one query a line (README.md has the format); to search videos without queries, choose a model "
            "that needs no training, or let train.reuse name a trained one (docs/data-sets.md)",
        )


def check_refused(annotations: Annotations, assembled: Assembled, allowed: float, listed: Path) -> None:
    """Raise PipelineError where more than the `allowed` share of videos or queries was refused; else tell it on stderr.

    listed: the file that names all of them.
    """
    refused = "".join(f"\n{line}" for line in named(assembled))
    source = annotations.source
    guessed = len({one.where for one in annotations.corrections if one.kind in GUESSED})
    command = f"amdnet check {shlex.quote(str(source))} --write-queries FILE.jsonl"
    for what, plural in (("video", "videos"), ("query", "queries")):
        failed, total = assembled.failed_share(what)
        if failed > allowed * total:
            copied = f"; `{command}` corrects {guessed} of them in a copy" if guessed and what == "query" else ""
            raise PipelineError(
                f"{failed} of {total} {plural} cannot be used; the share that may fail is {allowed:g}:{refused}",
                where=source,
                fix=f"mend them ({listed} lists all{copied}), or go on without them: set {NAME} to "
                f"{share_that_accepts(failed, total):g} in params.yaml",
            )
    if refused:
        print(f"Left out of {source}: {len(assembled.refused) + len(assembled.with_video)}{refused}", file=sys.stderr)


def check_left(
    annotations: Annotations, assembled: Assembled, params: SimpleNamespace, source: Path, is_trained: bool
) -> None:
    """Raise PipelineError where what is left is not enough for a run that learns, or for one that does not.

    params: has `protocol` and `prepare`.
    """
    what, left = ("query", assembled.queries) if is_trained else ("video", assembled.videos)
    if not left:
        raise PipelineError(f"no {what} is left", where=source, fix="add some, or mend those that were left out")
    if is_trained:
        _check_splits(annotations, assembled, params.protocol, params.prepare, source)


def _check_splits(
    annotations: Annotations, assembled: Assembled, protocol: str, prepare: PrepareParams, source: Path
) -> None:
    """Raise PipelineError where fewer than two training videos have queries, or the selection split has no query.

    Where there is no test query, the selection split is the one that is reported.
    """
    learned = {query.video_id for query in assembled.queries if query.split == "train"}
    selection = SELECTION_SPLIT[protocol]
    if len(learned) < 2:
        split, cause = "train", f"the train split has {len(learned)} of the 2 videos with queries that training needs"
    elif not any(query.split == selection for query in assembled.queries):
        split, cause = selection, f"the {selection} split, which chooses the best epoch, has no query"
    else:
        return
    raise PipelineError(cause, where=source, fix=_remedy(annotations, assembled, split, prepare))


def check_spans(annotations: Annotations, assembled: Assembled, protocol: str) -> None:
    """Raise PipelineError where a localizer that learns from spans finds none to train with, or to choose an epoch by.

    It names the file of the queries where they are of one that can hold spans, else the folder of the data set.
    """
    for split, cause in (("train", NO_TRAINING_SPAN), (SELECTION_SPLIT[protocol], NO_SELECTION_SPAN)):
        queries = {query.query_id: query for query in assembled.queries if query.split == split}
        if not any(query.spans for query in queries.values()):
            files = {query.where.partition(":")[0] for query in annotations.queries if query.query_id in queries}
            holds_spans = len(files) == 1 and annotations.pack is None
            where = annotations.source / files.pop() if holds_spans else annotations.source
            raise PipelineError(cause, where=where, fix=WITHOUT_SPANS)


def _remedy(annotations: Annotations, assembled: Assembled, split: str, prepare: PrepareParams) -> str:
    """What gives `split` more videos: of the annotations, and of the fractions that were drawn for it or out of it."""
    named = set().union(*annotations.corpus.values())
    drawn = {"val"} - named if named else {"val", "test"}
    concerned = {query.split for query in assembled.queries} if split == "train" else {split}
    fractions = [
        f"prepare.{part}_fraction ({getattr(prepare, f'{part}_fraction'):g})" for part in sorted(drawn & concerned)
    ]
    if annotations.absent:
        add = f"add {' and '.join(annotations.absent)}"
    elif named:
        add = "put more videos with queries into it, by their `split` field or its file"
    else:
        add = "add videos with queries"
    return f"{add}, or change {' and '.join(fractions)} in params.yaml" if fractions else add
