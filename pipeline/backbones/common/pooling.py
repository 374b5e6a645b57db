"""Pools the vectors of frames to rows of clips. Test: tests/extraction/test_streams.py."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

_LEAST_NORM = 1e-12  # torch.nn.functional.normalize's


def pooled(rows: np.ndarray, counts: Sequence[int], pooling: Literal["max", "mean"]) -> np.ndarray:
    """Pool the vectors of each clip's frames by their maximum or mean: (sum of counts, D) float32 -> (T, D) float32."""
    lengths = np.asarray(counts)
    reduced = (np.maximum if pooling == "max" else np.add).reduceat(rows, np.cumsum(lengths) - lengths, axis=0)
    return reduced if pooling == "max" else reduced / lengths.astype(np.float32)[:, None]


def l2_normalised(rows: np.ndarray) -> np.ndarray:
    """Scale each row of (T, D) to L2 norm 1; a row of zeros stays one."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(min=_LEAST_NORM)
