"""Compares what a reused model was trained on with what this run makes for it.

Both are facts by name: the model's name, its streams, how they are normalised, their sizes, and the provenance of each
feature file. The names are those of params.yaml where a parameter decides the fact.
Test: tests/feature_io/test_fitting.py.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.flat import flat
from pipeline.core.reused import CONFIG, Reused
from pipeline.feature_io.asked import LOCALIZER_SUBTITLE
from pipeline.feature_io.hdf5 import provenance_of

Facts = dict[str, Any]
QUERY = "query"
TEXT_STREAMS = {QUERY: "query_text", "subtitle": "subtitle_text", LOCALIZER_SUBTITLE: "subtitle_text"}
"""The streams that the text encoder makes, and the section of params.yaml that has the parameters of each."""
OWN = ("pooling", "revision", "encoder", "clip_output")
"""What is a stream's own in the provenance of a text; the rest is the encoder's."""
MAX_TOKENS = "max_tokens"
"""A parameter of each stream of RoBERTa; of any other encoder, how many tokens it reads at all."""
ENCODER, ROBERTA = "encoder", "roberta"
"""What the provenance of queries has for the encoder, where it is not RoBERTa."""
NOT_COMPARED = ("stream", "tokenizer", "batch", "decoder", "dtype")
"""What of a provenance is not compared: tokenizers are by their hash, and the rest moves no more than a last digit."""


def provenances(folder: Path, streams: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read how the features of some streams were made, for the configuration of what is trained on them."""
    of_streams = {stream: provenance_of(folder / f"{stream}.h5") for stream in streams}
    return {
        stream: {name: value for name, value in made.items() if name not in ("files", "libraries")}
        for stream, made in of_streams.items()
    }


def facts(config: Mapping[str, Any], reused: Reused) -> Facts:
    """Collect the facts about a trained model, or about a trained localizer, from its configuration.

    Raises PipelineError where it does not say how the features were made.
    """
    if "provenance" not in config:
        raise PipelineError(
            "an older version of this program trained the model, and wrote nothing of how its features were made",
            where=reused.folder / CONFIG,
            fix="train it again with this version",
        )
    return {"features.streams": config["features"]["streams"], **of_provenances(config["provenance"])}


def of_provenances(provenance: Mapping[str, Mapping[str, Any]]) -> Facts:
    """Collect the facts about feature files. provenance: of each stream."""
    found: Facts = {}
    for stream, made in provenance.items():
        encoder = made.get(ENCODER, ROBERTA)
        if stream == QUERY:
            found[f"{TEXT_STREAMS[QUERY]}.{ENCODER}"] = encoder
        for name, value in flat(made):
            if name not in NOT_COMPARED:
                found[_called(stream, name, encoder)] = value
    return found


def _called(stream: str, name: str, encoder: str) -> str:
    if name == "clip_seconds":
        return name
    section = TEXT_STREAMS.get(stream)
    if section is None:
        return f"{stream}.{name}"
    of_encoder = "text" if encoder == ROBERTA else f"{section}.{encoder}"
    of_stream = name in OWN or (name == MAX_TOKENS and encoder == ROBERTA)
    return f"{section}.{name}" if of_stream else f"{of_encoder}.{name}"


def refuse_differences(reused: Reused, there: Facts, here: Facts) -> None:
    """Raise PipelineError, which names both sides of every difference; a fact that one side does not know is none."""
    known = [name for name in here if name in there and None not in (here[name], there[name])]
    lines = [f"\n  {name}: {_shown(here[name])} here, {_shown(there[name])} there" for name in known]
    differing = [line for name, line in zip(known, lines, strict=True) if here[name] != there[name]]
    if differing:
        raise PipelineError(
            f"this run does not make what the model was trained on:{''.join(differing)}",
            where=reused.folder,
            fix="set what differs as it is there, or reuse another model, or train one here (train.reuse=none)",
        )


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
