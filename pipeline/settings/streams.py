"""Which feature streams are asked for: those that `features.streams` names, and what the model reads besides.

A stream that nobody asked for is not computed. Each stage of a stream depends on the file of its own stream alone, so
that a stream which is turned on later is the only one that runs. Test: tests/settings/test_streams.py.
"""

from collections.abc import Sequence
from importlib import import_module

from pipeline.annotations.common.layout import layout_of
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_json
from pipeline.core.plugins import names, only_class
from pipeline.core.schema import StreamSection
from pipeline.corpus.params import AUTO, PACK, SUBTITLE, streams_there_are
from pipeline.feature_io.asked import FOLDER, ORDER


def asked_for(streams: str | list[str], dataset: str, modalities: Sequence[str]) -> list[str]:
    """The streams to compute, in the order in which they are concatenated.

    streams: `features.streams`; modalities: what the model reads. Raises PipelineError for a stream that this data set
    does not have.
    """
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


def write_asked(streams: list[str]) -> None:
    """Write which streams are asked for: their list, and a file a stream."""
    write_json(FOLDER / ORDER, streams)
    for stream in streams_there_are():
        write_json(FOLDER / f"{stream}.json", {"asked_for": stream in streams})


def _by_default() -> list[str]:
    backbones = names("backbones", "stream")
    schemas = {
        name: only_class(import_module(f"pipeline.backbones.{name}.params"), StreamSection) for name in backbones
    }
    return [name for name, schema in schemas.items() if schema.BY_DEFAULT]
