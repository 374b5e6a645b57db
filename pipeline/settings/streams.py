"""Decides which feature streams are computed: those that `features.streams` names; with `auto`, those that are read.

What is read depends on the model and on the localizer.

The stage of a stream depends on one small file that says whether its stream is asked for, and computes nothing where it
is not. So where a stream is turned on later, its stage alone runs. Test: tests/settings/test_streams.py.
"""

from collections.abc import Sequence
from importlib import import_module

from pipeline.annotations.common.layout import layout_of
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_json
from pipeline.core.plugins import names, only_class
from pipeline.core.schema import StreamSection
from pipeline.corpus.params import AUTO, PACK, SUBTITLE, streams_there_are
from pipeline.feature_io.asked import FOLDER, LOCALIZER_ORDER, LOCALIZER_SUBTITLE, ORDER


def asked_for(streams: str | list[str], dataset: str, modalities: Sequence[str]) -> list[str]:
    """List the streams to compute, in the order in which they are concatenated.

    streams: the value of `features.streams`, a list or `auto`. modalities: those that the model, or the localizer,
    reads; one that reads none asks for no stream. Raises PipelineError for a stream that the data set does not have.
    """
    if not modalities:
        return []
    brought = layout_of(dataset).stream
    if streams == AUTO:
        return [brought] if brought else [*_by_default(), *([SUBTITLE] if SUBTITLE in modalities else [])]
    there = [brought] if brought else [stream for stream in streams_there_are() if stream != PACK]
    for stream in streams:
        if stream not in there:
            raise PipelineError(
                f"`features.streams` names {stream}, which `dataset: {dataset}` does not have",
                where="params.yaml",
                fix="set features.streams to auto",
            )
    return list(streams)


def write_asked(of_model: list[str], of_localizer: list[str]) -> None:
    """Write the streams that the model and the localizer read, and for every stream whether one of them reads it.

    Subtitles are two streams there, those of the model and those of the localizer.
    """
    write_json(FOLDER / ORDER, of_model)
    write_json(FOLDER / LOCALIZER_ORDER, of_localizer)
    asked = {*of_model, *(LOCALIZER_SUBTITLE if stream == SUBTITLE else stream for stream in of_localizer)}
    for stream in (*streams_there_are(), LOCALIZER_SUBTITLE):
        write_json(FOLDER / f"{stream}.json", {"asked_for": stream in asked})


def sections_of_streams() -> dict[str, type[StreamSection]]:
    """Map the name of each stream that is computed from pictures to the schema of its section."""
    backbones = names("backbones", "stream")
    return {name: only_class(import_module(f"pipeline.backbones.{name}.params"), StreamSection) for name in backbones}


def _by_default() -> list[str]:
    return [name for name, schema in sections_of_streams().items() if schema.BY_DEFAULT]
