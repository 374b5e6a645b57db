"""Makes the tokens of a query what a model reads. Test: tests/corpus/test_queries.py."""

from torch import Tensor

from pipeline.corpus.sampling import l2_normalize


def as_read(tokens: Tensor, query_form: str) -> Tensor:
    """Make what a model reads of the token features (W, D) float64 of one query -> (T, D) float32.

    Each token is brought to length 1. query_form: `token`, where T = W, or `sentence`, the mean of the tokens, T = 1.
    """
    tokens = l2_normalize(tokens)
    return (tokens.mean(dim=0, keepdim=True) if query_form == "sentence" else tokens).float()
