"""Windows of a given width around a part of a video, inside the video.

Test: tests/localizers/test_windows.py.
"""

import torch
from torch import Tensor


def around(place: Tensor, length: Tensor, width: float) -> Tensor:
    """Lay a window around the middle of each place -> start and end in seconds (..., 2), float64.

    place: (..., 2) start and end in seconds. length: (...) seconds of its video. The window is `width`, a share of the
    video's length, wide; what lies outside the video is cut off.
    """
    middle, half = place.mean(dim=-1), width * length / 2
    return torch.stack([(middle - half).clamp(min=0), torch.minimum(middle + half, length)], dim=-1)
