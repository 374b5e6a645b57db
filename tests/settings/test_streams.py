"""Which streams are asked for: what the parameter names, what `auto` stands for, and what the model reads besides."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.corpus.params import streams_there_are
from pipeline.feature_io.asked import LOCALIZER_SUBTITLE, is_asked_for, localizer_streams, streams_in_order
from pipeline.settings.streams import asked_for, write_asked


@pytest.mark.parametrize(
    ("streams", "dataset", "modalities", "expected"),
    [
        ("auto", "folder", ("visual",), ["resnet", "slowfast"]),
        ("auto", "pack", ("visual",), ["pack"]),
        ("auto", "folder", ("visual", "subtitle"), ["resnet", "slowfast", "subtitle"]),
        ("auto", "pack", ("visual", "subtitle"), ["pack"]),
        ("auto", "folder", (), []),
        (["resnet", "subtitle"], "folder", (), []),
        (["slowfast", "resnet"], "folder", ("visual",), ["slowfast", "resnet"]),
        (["resnet"], "folder", ("visual", "subtitle"), ["resnet"]),
    ],
)
def test_what_is_asked_for(streams, dataset, modalities, expected):
    assert asked_for(streams, dataset, modalities) == expected


@pytest.mark.parametrize(("streams", "dataset"), [(["pack"], "folder"), (["resnet"], "pack")])
def test_a_stream_that_the_data_set_does_not_have_is_named(streams, dataset):
    with pytest.raises(PipelineError, match=f"names {streams[0]}, which `dataset: {dataset}` does not have"):
        asked_for(streams, dataset, ("visual",))


def test_the_stages_read_what_was_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_asked(["slowfast", "resnet"], ["resnet", "subtitle"])
    assert streams_in_order() == ["slowfast", "resnet"] and localizer_streams() == ["resnet", "subtitle"]
    streams = {*streams_there_are(), LOCALIZER_SUBTITLE}
    assert {stream for stream in streams if is_asked_for(stream)} == {"slowfast", "resnet", LOCALIZER_SUBTITLE}
