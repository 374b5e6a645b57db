"""A localizer that learns from spans is refused by `prepare` where none are annotated, before anything is extracted."""

import os
from pathlib import Path

import pytest
from helpers import prepared

from pipeline.annotations.common.assemble import Assembled
from pipeline.annotations.common.enough import check_spans
from pipeline.annotations.common.records import AnnotatedQuery, Annotations
from pipeline.core.errors import PipelineError
from pipeline.core.learning import NO_SELECTION_SPAN, NO_TRAINING_SPAN, write_learns
from pipeline.core.manifest import Query
from pipeline.core.reused import Reused, write_reused
from pipeline.packs.description import FeatureSet, Pack
from stages import prepare, scan

SPLITS = ("train", "train", "val", "test")
MANIFEST = Path("outputs/manifest")
PACK = Pack("a pack", "tvr", *(FeatureSet(name, 8, "float32", ()) for name in ("clips", "words")))


def rows(annotated: tuple[str, ...]) -> list[dict]:
    """A query a video; those of the annotated splits say when."""
    return [
        {"vid_name": f"v{k}", "desc": f"Number {k}.", "split": split} | ({"ts": [0, 1]} if split in annotated else {})
        for k, split in enumerate(SPLITS)
    ]


@pytest.fixture
def with_spans(make_folder):
    """with_spans(*splits) -> a folder of four videos, in which the queries of the splits have spans."""
    return lambda *splits: make_folder([f"v{k}" for k in range(4)], rows(splits))


@pytest.mark.parametrize(
    ("annotated", "protocol", "cause"),
    [
        ((), "honest", NO_TRAINING_SPAN),
        (("val", "test"), "honest", NO_TRAINING_SPAN),
        (("train", "test"), "honest", NO_SELECTION_SPAN),
        (("train", "val"), "published", NO_SELECTION_SPAN),
    ],
)
def test_a_split_without_spans_is_named_with_its_file_and_the_way_out(
    workspace, with_spans, annotated, protocol, cause
):
    source = with_spans(*annotated)
    workspace(localizer="prem", protocol=protocol)
    with pytest.raises(PipelineError) as caught:
        prepared.main()
    assert str(caught.value).startswith(f"{source}/queries.jsonl: {cause}\n")
    assert "`localizer: moments`: the spans that the retriever finds by itself" in caught.value.fix
    assert os.listdir(MANIFEST) == ["prepare.json"] and (source / "queries.jsonl").is_file()
    workspace(localizer="moments", protocol=protocol)
    prepared.main()


def test_one_query_with_a_span_in_each_split_is_enough_and_no_byte_tells_the_localizer(workspace, with_spans):
    with_spans("train", "val")
    found = []
    for localizer in ("moments", "prem"):
        workspace(localizer=localizer)
        prepared.main()
        found.append({path.name: path.read_bytes() for path in MANIFEST.iterdir()})
    assert found[0] == found[1] and len(found[0]) == 5


def test_a_localizer_that_comes_with_a_reused_model_needs_no_spans(workspace, with_spans):
    with_spans()
    workspace(localizer="prem")
    scan.main()
    write_reused(Reused("trained", {}))
    write_learns(False, from_spans=False)
    prepare.main()


def test_of_a_file_a_split_that_of_the_split_is_named(workspace, with_spans):
    source = with_spans("train")
    lines = (source / "queries.jsonl").read_text().splitlines(keepends=True)
    (source / "queries.jsonl").unlink()
    for name, part in (("train", lines[:2]), ("val", lines[2:3]), ("test", lines[3:])):
        (source / f"{name}.jsonl").write_text("".join(part))
    workspace(localizer="prem")
    with pytest.raises(PipelineError, match=f"source/val.jsonl: {NO_SELECTION_SPAN}"):
        prepared.main()


@pytest.mark.parametrize(("files", "pack"), [(("a.jsonl", "b.csv"), None), (("captions.txt",) * 2, PACK)])
def test_the_folder_is_named_where_no_single_file_holds_the_spans(tmp_path, files, pack):
    asked = [AnnotatedQuery(f"q{k}", "v", "Words.", f"{file}:1") for k, file in enumerate(files)]
    queries = [Query(query.query_id, "v", "Words.", "train") for query in asked]
    assembled = Assembled([], queries, [], [], [], {}, None)
    with pytest.raises(PipelineError) as caught:
        check_spans(Annotations(tmp_path, queries=asked, pack=pack), assembled, "honest")
    assert caught.value.where == tmp_path
