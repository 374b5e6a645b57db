"""A pack is found wherever it lies below the source; what could be meant twice is asked for."""

import shutil

import pytest

from pipeline.core.errors import PipelineError
from pipeline.packs.collection import find
from pipeline.packs.params import PackParams


def params(video="auto", query="auto"):
    return PackParams(video_features=video, query_features=query, row_seconds=1.5)


def test_it_is_found_from_above_and_from_itself(make_pack, layout):
    made = make_pack(layout)
    for source in (made.source, made.root.parent, made.root):
        found = find(source, params())
        assert (found.root, found.name, set(found.captions)) == (made.root, "tiny", {"train", "val", "test"})
        assert found.video.name == {"binary": "i3d", "arrays": "clip.hdf5"}[layout]
        assert found.query.name == "roberta_tiny_query_feat.hdf5"


def test_several_features_are_asked_for(make_pack):
    made = make_pack("binary")
    made.write_arrays()
    shutil.copy(made.texts / "roberta_tiny_query_feat.hdf5", made.texts / "clip_tiny_query_feat.hdf5")
    with pytest.raises(PipelineError) as caught:
        find(made.source, params())
    assert "clip.hdf5, i3d" in str(caught.value) and "set `pack.video_features`" in caught.value.fix
    with pytest.raises(PipelineError, match="clip_tiny_query_feat.hdf5, roberta_tiny_query_feat.hdf5"):
        find(made.source, params("i3d"))
    found = find(made.source, params("i3d", "clip_tiny_query_feat.hdf5"))
    assert (found.video, found.query.name) == (made.binary, "clip_tiny_query_feat.hdf5")


@pytest.mark.parametrize("name", ["i3", "../FeatureData/i3d", "/etc/passwd", ""])
def test_a_name_that_is_none_of_the_choices_is_refused(make_pack, name):
    made = make_pack("binary")
    with pytest.raises(PipelineError, match="there are: i3d"):
        find(made.source, params(name))


def test_two_collections_are_asked_for(make_pack):
    made = make_pack("arrays")
    shutil.copytree(made.root, made.root.parent / "other")
    with pytest.raises(PipelineError, match="deep/archive/other, deep/archive/tiny"):
        find(made.source, params())


@pytest.mark.parametrize("part", ["FeatureData", "TextData", "TextData/tinytrain.caption.txt", "FeatureData/i3d"])
def test_a_part_that_is_missing_is_named(make_pack, part):
    made = make_pack("binary")
    path = made.root / part
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(PipelineError, match="no f|no H"):
        find(made.source, params())
