"""The settings and queries with which the stage localize goes on from a workspace."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.localizers import small_recipe
from helpers.workspace import change, enter_workspace, train

from pipeline.core.manifest import read_queries, write_queries
from pipeline.localizers.common.recipe import LOCALIZERS

QUERIES, EVENT_SECONDS = Path("outputs/manifest/queries.jsonl"), 3.0


def annotate(splits: tuple[str, ...]) -> None:
    """Let each query of the splits know the seconds in which its event is; those of other splits know none."""
    queries = []
    for query in read_queries(QUERIES):
        start = int(query.query_id.split("#")[1]) * EVENT_SECONDS
        spans = ((start, start + EVENT_SECONDS),) if query.split in splits else ()
        queries.append(replace(query, spans=spans))
    write_queries(QUERIES, queries)


def choose(localizer: str, **changes: Any) -> None:
    """Choose a localizer, and its recipe, as params.yaml and the stage scan do it."""
    change(localizer=localizer)
    recipe = small_recipe(**changes) if localizer == "prem" else LOCALIZERS.read(localizer)["default"]
    LOCALIZERS.write_chosen(localizer, recipe)


def enter_localizer_workspace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `folder` ready for stages.localize: see enter_workspace; a trained retriever, spans, `localizer: prem`."""
    enter_workspace(folder, monkeypatch)
    annotate(("train", "val", "test"))
    change(model="cca")
    train()
    choose("prem")
