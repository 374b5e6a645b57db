"""How a span within a video is answered: as the model does, or with a window around the clip that matches best.

A window is a share of the video wide; its width is chosen on the split that selects the model, and with `auto` so is
the way to answer. Nothing of this touches the ranking. Test: tests/evaluation/test_answers.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.bootstrap import PERCENTILES, interval, resampled_means
from pipeline.evaluation.moments import Annotated, annotated
from pipeline.evaluation.ranking import Ranking
from pipeline.retrieval.search import Retrieved

WIDTHS = np.arange(1, 41) / 40
"""The widths that are tried, shares of the video."""


@dataclass(frozen=True)
class Answer:
    """kind: `model` or `window`; width: of the window, None where none was chosen; choice: for details.json, how it was
    chosen.
    """

    kind: str
    width: float | None
    choice: Mapping[str, Any]

    def spans(self, corpus: Corpus, retrieved: Retrieved) -> Tensor:
        """Start and end in seconds (Q, K, 2), float64, of what was retrieved."""
        if self.kind == "window":
            assert self.width is not None
            return window(corpus, retrieved, self.width)
        return retrieved.seconds(corpus.times)

    def __str__(self) -> str:
        """For the stage's last line."""
        what = f"windows of {self.width:g} of the video" if self.kind == "window" else "the model's own"
        split = self.choice["split"]
        if self.width is None:
            return f"spans are {what}: no query of {split} has a span to choose a window by"
        by_model, by_window = (self.choice["mIoU"][kind] for kind in ("model", "window"))
        return f"spans are {what} (mIoU on {split}: own {by_model:.1f}, best window {by_window:.1f})"


def window(corpus: Corpus, retrieved: Retrieved, width: float) -> Tensor:
    """Answer with a window around the best clip, or stretch of clips: start and end in seconds (Q, K, 2), float64.

    The window is `width`, a share of the video's length, wide; what lies outside the video is cut off.
    """
    video = retrieved.video.flatten()
    place = corpus.times.of_stretches(video, retrieved.place.flatten(0, 1)).view_as(retrieved.span)
    length = corpus.durations[retrieved.video]
    middle, half = place.mean(dim=-1), width * length / 2
    return torch.stack([(middle - half).clamp(min=0), torch.minimum(middle + half, length)], dim=-1)


def choose(corpus: Corpus, ranking: Ranking, asked: str, split: str) -> Answer:
    """The answer by what is right on `split`, the one that selects the model; asked: `auto`, `model` or `window`.

    A width is chosen, and its spread told, even where the model's own answer is taken. Where no query of the split has
    annotated spans, there is nothing to choose by, and the model's own answer stays.
    """
    truth = annotated(corpus.spans, corpus.agreement)
    counted = {"asked": asked, "split": split, "queries_with_spans": len(truth.query)}
    if not len(truth.query):
        return Answer("model", None, {**counted, "chosen": "model", "width": None})
    ious = 100 * _window_ious(corpus, ranking.own, truth)
    by_model = 100 * truth.iou(ranking.own.seconds(corpus.times)[truth.query, 0]).double().numpy()
    videos = corpus.labels[truth.query].numpy()
    means = ious.mean(axis=1)
    best = int(means.argmax())
    drawn = WIDTHS[resampled_means(ious, videos).argmax(axis=1)]
    better = means[best] > by_model.mean()
    kind = asked if asked != "auto" else "window" if better else "model"
    width = float(WIDTHS[best])
    choice = {
        **counted,
        "chosen": kind,
        "width": width,
        "width_95": np.percentile(drawn, PERCENTILES).tolist(),
        "mIoU": {"model": float(by_model.mean()), "window": float(means[best])},
        "window_minus_model_95": interval(ious[best] - by_model, videos),
        "curve": [{"width": w, "mIoU": mean} for w, mean in zip(WIDTHS.tolist(), means.tolist(), strict=True)],
    }
    return Answer(kind, width, choice)


def _window_ious(corpus: Corpus, retrieved: Retrieved, truth: Annotated) -> np.ndarray:
    """(widths, K) of the K queries with annotated spans, one width at a time."""
    return np.stack(
        [truth.iou(window(corpus, retrieved, width)[truth.query, 0]).double().numpy() for width in WIDTHS.tolist()]
    )
