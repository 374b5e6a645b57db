"""Chooses which span within a video is the answer: the model's own, or a window around the clip that matches best.

The width of the window is a share of the video's length. It is chosen on the split that selects the model; with
`evaluate.answer: auto`, so is the kind of answer. Nothing of this changes the ranking. Test:
tests/evaluation/test_answers.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.bootstrap import PERCENTILES, interval, resampled_means
from pipeline.evaluation.moments import Annotated, annotated
from pipeline.evaluation.ranking import Ranking
from pipeline.localizers.common.windows import around
from pipeline.retrieval.search import Retrieved

WIDTHS = np.arange(1, 41) / 40
"""The widths of the window that are tried, as shares of the video's length."""


@dataclass(frozen=True)
class Answer:
    """The kind of answer that was chosen.

    kind: `model` for the model's own span, or `window`. width: that of the best window, as a share of the video's
    length, None where there was nothing to choose by. choice: what details.json says of how it was chosen.
    """

    kind: str
    width: float | None
    choice: Mapping[str, Any]

    @property
    def window(self) -> float | None:
        """The width of the windows that are the answers, as a share of the video; None for the model's own."""
        return self.width if self.kind == "window" else None

    def spans(self, corpus: Corpus, retrieved: Retrieved) -> Tensor:
        """Answer within the videos that were retrieved: start and end in seconds (Q, K, 2), float64."""
        if self.kind == "window":
            assert self.width is not None
            return window(corpus, retrieved, self.width)
        return retrieved.seconds(corpus.times)

    def __str__(self) -> str:
        """Describe the answer for the last line that the stage prints."""
        what = f"windows of {self.width:g} of the video" if self.kind == "window" else "the model's own"
        if self.choice.get("reused"):
            return f"the retriever's spans are {what}, as where the reused model was trained"
        split = self.choice["split"]
        if self.width is None:
            return f"the retriever's spans are {what}: no query of {split} has a span to choose a window by"
        by_model, by_window = (self.choice["mIoU"][kind] for kind in ("model", "window"))
        return f"the retriever's spans are {what} (mIoU on {split}: own {by_model:.1f}, best window {by_window:.1f})"


def window(corpus: Corpus, retrieved: Retrieved, width: float) -> Tensor:
    """Answer with a window around the best clip, or stretch of clips: start and end in seconds (Q, K, 2), float64.

    The window is `width`, a share of the video's length, wide; what lies outside the video is cut off.
    """
    video = retrieved.video.flatten()
    place = corpus.times.of_stretches(video, retrieved.place.flatten(0, 1)).view_as(retrieved.span)
    return around(place, corpus.durations[retrieved.video], width)


def choose(corpus: Corpus, ranking: Ranking, asked: str, split: str) -> Answer:
    """Choose the answer that has the larger mean IoU on a split.

    corpus, ranking: of the split that selects the model, whose name is `split`. asked: `evaluate.answer`; with `model`
    or `window` only the width of the window is chosen. The choice tells that width, and how far it can be trusted, for
    every kind of answer. Where no query of the split has annotated spans, the answer is the model's own.
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
    """Compute the IoU of the window of each width for each of the K queries with annotated spans -> (widths, K)."""
    return np.stack(
        [truth.iou(window(corpus, retrieved, width)[truth.query, 0]).double().numpy() for width in WIDTHS.tolist()]
    )
