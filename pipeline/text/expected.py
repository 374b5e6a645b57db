"""Tells from the parameters how a run encodes texts, before it does, to hold it against a model that is reused.

Test: tests/settings/test_reuse.py.
"""

from types import SimpleNamespace
from typing import Any

from pipeline.backbones.roberta.network import weights_id
from pipeline.backbones.roberta.tokenizer import read_tokenizer
from pipeline.core.runtime import resolve


def expected(params: SimpleNamespace, subtitles: bool) -> dict[str, Any]:
    """Return the facts, in the names of pipeline/feature_io/fitting.py.

    params: has `text`, `query_text` and `subtitle_text`; subtitles: whether they are read too. `text.tokenizer` is a
    name, or the hash of the tokenizer where the parameter names a folder. The architecture is a parameter only of
    random weights. Raises PipelineError for folders without the files of a model or a tokenizer.
    """
    text = params.text
    known: dict[str, Any] = {
        "text.weights": weights_id(text),
        "text.tokenizer": text.tokenizer,
        "query_text.max_tokens": params.query_text.max_tokens,
    }
    if text.weights == "random":
        of_model = {"num_hidden_layers": text.layers, "hidden_size": text.hidden, "num_attention_heads": text.heads}
        known |= {f"text.architecture.{name}": value for name, value in of_model.items()}
    if text.tokenizer not in ("corpus", "roberta-base"):
        known["text.tokenizer"] = read_tokenizer(resolve(text.tokenizer)).sha256
    if subtitles:
        known |= {f"subtitle_text.{name}": value for name, value in params.subtitle_text.model_dump().items()}
    return known
