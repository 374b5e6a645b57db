"""What a file is, by its name; and that the names are those the readers look for."""

import ast
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

import pytest

from pipeline.annotations.common.layout import layout_of
from pipeline.core.plugins import names
from pipeline.scan.kinds import kind_of

DATASETS = names("annotations", "reader")
READERS = Path(__file__).resolve().parents[2] / "pipeline" / "annotations"


@pytest.mark.parametrize(
    ("dataset", "path", "kind"),
    [
        ("folder", "queries.csv", "annotation"),
        ("folder", "old/queries.csv", "other"),
        ("folder", "videos/a.MP4", "video"),
        ("folder", "videos/queries.csv", "other"),
        ("folder", "b.mp4", "other"),
        ("folder", "subtitles/a.srt", "subtitle"),
        ("folder", "videos/a", "other"),
        ("didemo", "videos/12@N00_abc.", "video"),
        ("didemo", "videos/_6hnl_360.0_510.0", "video"),
        ("didemo", "videos/notes.txt", "other"),
        ("charades", "Charades_v1_train.csv", "annotation"),
        ("charades", "Charades_v2_train.csv", "other"),
        ("sample", "scenes.yaml", "annotation"),
        ("sample", "spoken.yaml", "annotation"),
        ("sample", "a.mp4", "other"),
        ("pack", "deep/tvr/TextData/tvrtrain.caption.txt", "pack"),
        ("pack", "deep/tvr/FeatureData/i3d/feature.bin", "pack"),
        ("pack", "deep/tvr/readme.txt", "other"),
    ],
)
def test_kind(dataset, path, kind):
    assert kind_of(PurePath(path), layout_of(dataset), PurePath("videos")) == kind


@pytest.mark.parametrize("dataset", [name for name in DATASETS if name != "pack"])
def test_every_file_that_a_reader_names_is_known(dataset):
    text = (READERS / dataset / "reader.py").read_text()
    shared = READERS / "common" / "own_videos.py"  # what the reader of one's own videos is made of
    tree = ast.parse(shared.read_text() if dataset == "folder" else text)
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and _is_name(node.value)}
    assert named
    for name in named:
        example = name.replace("{split}", "train") if "{split}" in name else name
        example = f"train{example}" if example.startswith(".") else example
        known = any(fnmatchcase(example, pattern) for pattern in layout_of(dataset).annotations)
        assert known or _of_rendered(dataset, example), f"add {name} to pipeline/annotations/{dataset}/layout.py"


def _is_name(value: object) -> bool:
    extensions = (".json", ".jsonl", ".csv", ".txt", ".tsv", ".yaml")
    return isinstance(value, str) and value.endswith(extensions) and " " not in value


def _of_rendered(dataset: str, name: str) -> bool:
    """What the sample writes beside its rendered videos is read as a `folder`."""
    return dataset == "sample" and name in layout_of("folder").annotations
