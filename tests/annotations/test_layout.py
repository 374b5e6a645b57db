"""Every data set says in its own folder what belongs to it; what it says is what the rest of the pipeline knows."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.annotations.common.formats import format_of
from pipeline.annotations.common.layout import layout_of, layouts, row_with
from pipeline.annotations.common.listed import ANNOTATION, PACK, VIDEO
from pipeline.core.plugins import names
from pipeline.corpus.params import streams_there_are

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("dataset", names("annotations", "reader"))
def test_a_layout_names_what_the_reader_needs(dataset):
    layout = layout_of(dataset)
    assert layouts()[dataset] is layout
    assert layout.needs in (VIDEO, ANNOTATION, PACK)
    assert bool(layout.pack_folders) == (layout.needs == PACK) == (not layout.annotations)
    assert layout.stream is None or layout.stream in streams_there_are()


def test_layouts_load_no_heavy_library():
    code = (
        "import sys; from pipeline.annotations.common.layout import layouts; assert layouts()\n"
        "heavy = {'torch', 'av', 'decord', 'h5py', 'numpy'} & set(sys.modules)\n"
        "readers = [name for name in sys.modules if name.startswith('pipeline.') and name.endswith('.reader')]\n"
        "assert not heavy and not readers, (heavy, readers)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("document", "dataset"),
    [
        ({"vid_name": "a", "desc": "A boat."}, "folder"),
        ({"vid_name": "a", "desc": "A boat.", "desc_id": 1}, "tvr"),
        ({"vid_name": "a", "desc": "A boat.", "desc_id": 1, "vid": "a", "query": "A boat."}, "tvr"),
        ({"vid_name": "a", "desc": "A boat.", "vid": "a", "query": "A boat."}, "folder"),
        ({"vid": "a", "query": "A boat."}, "qvhighlights"),
        ([{"description": "A boat.", "times": [[0, 0]]}], "didemo"),
        ({"a": {"timestamps": [], "sentences": []}}, "activitynet"),
        ("a 0.0 1.5##a boat.", "charades"),
        ("a boat.", None),
        ({}, None),
        ([], None),
        (["a 0.0 1.5##a boat."], None),
        (7, None),
    ],
)
def test_a_document_is_of_the_format_with_the_most_fields(document, dataset):
    assert format_of(document) == dataset


def test_a_row_without_one_of_the_fields_is_of_another_format():
    assert row_with("a", "b")({"a": 1, "b": 2, "c": 3}) == 2
    assert row_with("a", "b")({"a": 1}) == row_with("a", "b")("ab") == 0
