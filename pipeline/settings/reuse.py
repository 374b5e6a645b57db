"""Finds the trained model that `train.reuse` names, and checks it before any video is decoded for it.

What this run would make is told from its parameters, and held against what the model was trained on. The stages `train`
and `localize` do the same once more with the features as they were made. Test: tests/settings/test_reuse.py.
"""

from collections.abc import Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from pipeline.annotations.common.layout import layout_of
from pipeline.core.content_hash import Memo
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json
from pipeline.core.params import load
from pipeline.core.plugins import names
from pipeline.core.reused import CONFIG, LOCALIZER, NONE, SEARCH, TEXT, WEIGHTS, Reused
from pipeline.core.runtime import resolve
from pipeline.corpus.params import SUBTITLE, FeaturesParams
from pipeline.feature_io.fitting import ENCODER, Facts, facts, of_provenances, refuse_differences
from pipeline.settings.check import sections

FIX = "let train.reuse name outputs/index or outputs/model of a project that has trained a model, or set it to none"
TEXT_ROOM = "text"
TOKENIZER = f"{TEXT}/vocab.json"
"""The file of a tokenizer that was learned, among those of RoBERTa."""
OF_A_LOCALIZER = (f"{LOCALIZER}/{CONFIG}", f"{LOCALIZER}/{WEIGHTS}")


def find_reused(of_model: list[str], of_localizer: list[str]) -> Reused | None:
    """Find the files of the model that params.yaml says to reuse; None where it says `none`.

    of_model, of_localizer: the streams that this run's model and localizer read. Raises PipelineError where there is no
    trained model, and where it was trained on other features than this run would make.
    """
    params = load("dataset", "model", "localizer", FeaturesParams, sections()["train"])
    if params.train.reuse == NONE:
        return None
    reused = _look(params.train.reuse)
    here: Facts = {
        "model": params.model,
        "features.streams": of_model,
        "features.normalize": params.features.normalize,
        **_expected({*of_model, *of_localizer}, params.dataset),
    }
    if params.localizer in names("localizers", "network"):
        here |= {"localizer": params.localizer, "localizer's streams": of_localizer}
    try:
        there = _there(reused, here)
    except (AttributeError, KeyError, TypeError):
        raise PipelineError("this does not describe a trained model", where=reused.folder / CONFIG, fix=FIX) from None
    refuse_differences(reused, there, here)
    return reused


def _look(named: str) -> Reused:
    folder = resolve(named)
    if folder.is_relative_to(resolve("outputs")):
        fix = "copy the folder to another place first, and let train.reuse name that"
        raise PipelineError(
            "`train.reuse` names an output of this project, which a run replaces", where=folder, fix=fix
        )
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            cause = f"there is no trained model in this folder: it has no {name}"
            raise PipelineError(cause if folder.is_dir() else "no such folder", where=folder, fix=FIX)
    found = [CONFIG, WEIGHTS, SEARCH, *OF_A_LOCALIZER]
    found += [path.relative_to(folder).as_posix() for path in sorted((folder / TEXT).rglob("*"))]
    with Memo() as memo:
        return Reused(named, {name: memo.sha256(folder / name) for name in found if (folder / name).is_file()})


def _there(reused: Reused, here: Facts) -> Facts:
    """Read what the model, and the localizer where this run has one, were trained on.

    here: the facts about this run. Raises PipelineError where the queries are to be encoded by a tokenizer that was
    learned elsewhere and is gone; AttributeError, KeyError or TypeError where the files are not those of a model.
    """
    config = read_json(reused.folder / CONFIG)
    there = {"model": config["model"], "features.normalize": config["features"]["normalize"], **facts(config, reused)}
    if "text.tokenizer" in here:
        made_queries = config["provenance"].get("query", {})
        # Where another encoder has read the queries, RoBERTa has read the subtitles alone.
        made = config["provenance"].get(SUBTITLE, {}) if ENCODER in made_queries else made_queries
        if made.get("tokenizer") == "corpus" and TOKENIZER not in reused.files:
            fix = "name the index folder of that project instead, outputs/index, which has it"
            if ENCODER in made_queries:
                fix = "train it anew with text.tokenizer=roberta-base: an index keeps what encodes queries alone"
            raise PipelineError(
                "the model's tokenizer was learned from its own queries, and this folder does not have it",
                where=reused.folder,
                fix=fix,
            )
        by_name = here["text.tokenizer"] in ("corpus", "roberta-base")
        there["text.tokenizer"] = made.get("tokenizer" if by_name else "tokenizer_sha256")
    if "localizer" in here:
        found: dict[str, Any] = {"localizer": "no localizer"}
        if OF_A_LOCALIZER[0] in reused.files:
            found = read_json(reused.folder / OF_A_LOCALIZER[0])
        there["localizer"] = found["localizer"]
        if found["localizer"] == here["localizer"]:
            there = {**facts(found, reused), **there, "localizer's streams": found["features"]["streams"]}
    return there


def _expected(streams: set[str], dataset: str) -> Facts:
    """Tell from the parameters how this run makes its features, in the names that `facts` has for them."""
    by_name = sections()
    params = load("clip_seconds", *by_name.values())
    visual = [stream for stream in names("backbones", "stream") if stream in streams]
    expected = of_provenances({stream: _of_visual(stream, params) for stream in visual})
    if not layout_of(dataset).stream:
        # It is imported for a run that reuses a model alone: torch takes some seconds.
        expected |= import_module(f"pipeline.{TEXT_ROOM}.expected").expected(params, SUBTITLE in streams)
    return expected


def _of_visual(stream: str, params: SimpleNamespace) -> Mapping[str, Any]:
    module = import_module(f"pipeline.backbones.{stream}.stream")
    (built,) = (value for value in vars(module).values() if getattr(value, "name", None) == stream)
    provenance: dict[str, Any] = built(getattr(params, stream), params.clip_seconds, params.decode).provenance
    return provenance
