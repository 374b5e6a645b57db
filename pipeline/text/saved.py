"""Saves and opens what encodes a query: a folder that can be moved to another machine.

`encoder.json` says what the encoder is. The other files are those of saved_roberta.py, or the folder `clip`, in which
the text side of CLIP lies whole. Where the queries came encoded, with a feature pack, `encoder.json` says so and is the
only file. Equal encoders give equal bytes. Test: tests/text/test_saved.py.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch

from pipeline.backbones.clip.load import load_clip
from pipeline.backbones.clip.params import ClipParams
from pipeline.backbones.clip.saved import open_text, save_text
from pipeline.backbones.common.saved import parse_header
from pipeline.backbones.roberta.params import TextParams
from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_folder, read_json, write_json
from pipeline.core.manifest import Query
from pipeline.core.reused import TEXT, Reused, read_reused
from pipeline.core.schema import Section
from pipeline.text.clip_encoder import ClipEncoder
from pipeline.text.encoder import QueryEncoder, TextEncoder, learned_from, load_encoder
from pipeline.text.params import CLIP, QueryTextParams
from pipeline.text.saved_roberta import FIX, FORMAT, HEADER, VOCABULARY, Header, open_roberta, save_roberta

CLIP_FORMAT: Literal[2] = 2


class ClipHeader(Section):
    """What encoder.json holds of a ClipEncoder."""

    format: Literal[2] = CLIP_FORMAT
    encoder: Literal["clip"] = CLIP
    output: Literal["sentence", "tokens"]


def save_encoder(folder: Path | str, encoder: QueryEncoder) -> None:
    """Write the encoder as a folder, in place of what lies there."""
    if isinstance(encoder, TextEncoder):
        return save_roberta(folder, encoder)
    assert isinstance(encoder, ClipEncoder)
    with atomic_folder(folder) as temporary:
        header = ClipHeader(output=encoder.output)  # type: ignore[arg-type]  # one of the two
        write_json(temporary / HEADER, header.model_dump())
        save_text(temporary / CLIP, encoder.text)


def save_no_encoder(folder: Path | str, why: str) -> None:
    """Write a folder which says that no text can be encoded, and why."""
    with atomic_folder(folder) as temporary:
        write_json(temporary / HEADER, {"format": FORMAT, "none": why})


def open_encoder(folder: Path | str, device: torch.device) -> TextEncoder | ClipEncoder:
    """Open the encoder that `save_encoder` wrote; it gives the features that the saved one gives, to the last bit.

    Raises PipelineError where a file is missing or damaged, where the files are not of one encoder, where another
    version of the program wrote them, and where the folder says that there is no encoder.
    """
    folder = Path(folder)
    header = _read_header(folder)
    if isinstance(header, Header):
        return open_roberta(folder, header, device)
    return ClipEncoder(open_text(folder / CLIP, device), header.output)


def query_encoder(
    params: QueryTextParams, text: TextParams, clip: ClipParams, queries: list[Query], device: torch.device
) -> TextEncoder | ClipEncoder:
    """Open the encoder of queries that the reused model came with, else load the one that the parameters name.

    queries: those of the manifest, from which a `corpus` tokenizer is learned. Raises PipelineError as `open_encoder`
    and what loads the models do.
    """
    reused = read_reused()
    if reused and reused.has(TEXT):
        opened = open_encoder(reused.folder / TEXT, device)
        return replace(opened, max_tokens=params.max_tokens) if isinstance(opened, TextEncoder) else opened
    if params.encoder == CLIP:
        return ClipEncoder(load_clip(clip).text(device), params.clip_output)
    return load_encoder(text, params.max_tokens, learned_from(queries), device)


def subtitle_encoder(text: TextParams, max_tokens: int, queries: list[Query], device: torch.device) -> TextEncoder:
    """Open the RoBERTa that the reused model came with, else load the one that `text` names; see `query_encoder`."""
    reused = read_reused()
    if reused and has_roberta(reused):
        opened = open_encoder(reused.folder / TEXT, device)
        assert isinstance(opened, TextEncoder)
        return replace(opened, max_tokens=max_tokens)
    return load_encoder(text, max_tokens, learned_from(queries), device)


def has_roberta(reused: Reused) -> bool:
    """Return whether the model came with a RoBERTa, which may read subtitles too."""
    return f"{TEXT}/{VOCABULARY}" in reused.files


def _read_header(folder: Path) -> Header | ClipHeader:
    path = folder / HEADER
    if not path.is_file():
        raise PipelineError(f"there is no text encoder in this folder: it has no {HEADER}", where=folder, fix=FIX)
    header: Any = read_json(path, FIX)
    of_clip = isinstance(header, dict) and "encoder" in header
    if not isinstance(header, dict) or header.get("format") != (CLIP_FORMAT if of_clip else FORMAT):
        raise PipelineError("another version of this program wrote the text encoder", where=path, fix=FIX)
    if "none" in header:
        fix = "use a model whose queries are texts: of another data set, or trained with `text` of params.yaml"
        raise PipelineError(f"no text can be encoded: {header['none']}", where=path, fix=fix)
    schema: type[Header] | type[ClipHeader] = ClipHeader if of_clip else Header
    return parse_header(schema, header, "text encoder", path, FIX)
