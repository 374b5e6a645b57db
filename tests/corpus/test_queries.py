"""What a model reads of a query: its tokens, each of length 1, or their mean."""

import torch

from pipeline.corpus.queries import as_read

ROWS = torch.tensor([[3.0, 4.0], [0.0, 2.0], [0.0, 0.0]], dtype=torch.float64)


def test_tokens_are_of_length_1_and_zeros_stay_zeros():
    found = as_read(ROWS, "token")
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, torch.tensor([[0.6, 0.8], [0.0, 1.0], [0.0, 0.0]]), atol=1e-4, rtol=0)


def test_a_sentence_is_the_mean_of_its_tokens():
    torch.testing.assert_close(as_read(ROWS, "sentence"), as_read(ROWS, "token").mean(dim=0, keepdim=True))
