"""Candidate windows: around every clip of a video, in the chosen width and in a narrower and a wider one.

Test: tests/localizers/test_moments_localizer.py.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.corpus.clip_times import ClipTimes
from pipeline.localizers.common.windows import around
from pipeline.models.common.interface import RetrievalModel
from pipeline.models.common.runs import answer_first

OTHER_WIDTHS = (2 / 3, 3 / 2)
"""As multiples of the chosen width."""
BEHIND = 0.3
"""How far the score of a window of another width is behind, as a share of the distance of the best and worst clip."""


def windows(
    model: RetrievalModel,
    query: Tensor,
    vectors: Any,
    video: Tensor,
    position: Tensor,
    times: ClipTimes,
    length: Tensor,
    width: float,
) -> tuple[Tensor, Tensor]:
    """Lay windows around the clips of K videos: seconds (K, P, 2) and scores (K, P), the best first, on the CPU.

    The first window of a pair is the answer: that around the place that gave the video its score. model, query,
    vectors, video, position: as RetrievalModel.candidates takes them. times: of the videos of the index. length: (K,)
    seconds. width: the chosen width, as a share of the video.
    """
    score = model.clip_similarities(query, vectors, video).cpu()
    video, position = video.cpu(), position.cpu()
    best, worst = score.amax(dim=1, keepdim=True), score.masked_fill(score.isneginf(), torch.inf).amin(1, keepdim=True)
    place = times.of_stretches(video, model.place(position))
    spans, scores = [around(place, length, width)[:, None]], [best]
    clips = times.spans[video]
    for times_width, behind in ((1.0, 0.0), *((other, BEHIND) for other in OTHER_WIDTHS)):
        spans.append(around(clips, length[:, None], times_width * width))
        scores.append(score - behind * (best - worst))
    return answer_first(torch.cat(spans, dim=1), torch.cat(scores, dim=1), torch.zeros_like(video))
