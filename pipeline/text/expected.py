"""Tells from the parameters how a run encodes texts, before it does, to hold it against a model that is reused.

Test: tests/settings/test_reuse.py.
"""

from types import SimpleNamespace
from typing import Any

from pipeline.backbones.clip.load import load_clip
from pipeline.backbones.roberta.network import weights_id
from pipeline.backbones.roberta.params import TextParams
from pipeline.backbones.roberta.tokenizer import read_tokenizer
from pipeline.core.runtime import resolve
from pipeline.text.params import CLIP


def expected(params: SimpleNamespace, subtitles: bool) -> dict[str, Any]:
    """Return the facts, in the names of pipeline/feature_io/fitting.py.

    params: has `text`, `clip`, `query_text` and `subtitle_text`; subtitles: whether they are read too. Raises
    PipelineError for folders without the files of a model or a tokenizer.
    """
    of_queries = params.query_text
    known: dict[str, Any] = {"query_text.encoder": of_queries.encoder}
    if of_queries.encoder == CLIP:
        model = load_clip(params.clip)
        known |= {"query_text.clip_output": of_queries.clip_output, "query_text.clip.weights": model.weights}
        known["query_text.clip.max_tokens"] = model.config.text_config.max_position_embeddings
    else:
        known["query_text.max_tokens"] = of_queries.max_tokens
    if subtitles:
        known |= {f"subtitle_text.{name}": value for name, value in params.subtitle_text.model_dump().items()}
    if subtitles or of_queries.encoder != CLIP:
        known |= _of_roberta(params.text)
    return known


def _of_roberta(text: TextParams) -> dict[str, Any]:
    """Return the facts about RoBERTa.

    `text.tokenizer` is a name, or the hash of the tokenizer where the parameter names a folder. The architecture is a
    parameter only of random weights.
    """
    known: dict[str, Any] = {"text.weights": weights_id(text), "text.tokenizer": text.tokenizer}
    if text.weights == "random":
        of_model = {"num_hidden_layers": text.layers, "hidden_size": text.hidden, "num_attention_heads": text.heads}
        known |= {f"text.architecture.{name}": value for name, value in of_model.items()}
    if text.tokenizer not in ("corpus", "roberta-base"):
        known["text.tokenizer"] = read_tokenizer(resolve(text.tokenizer)).sha256
    return known
