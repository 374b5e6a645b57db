"""Measures a localizer on the selection split, to choose the best epoch.

Test: tests/localizer_training/test_selection.py.
"""

import torch

from pipeline.core.errors import PipelineError
from pipeline.core.learning import NO_SELECTION_SPAN, WITHOUT_SPANS
from pipeline.corpus.annotated import one_span
from pipeline.corpus.corpus import Corpus
from pipeline.localizers.common.interface import TrainedLocalizer
from pipeline.localizers.common.moments import localize_corpus, localize_videos
from pipeline.localizers.common.network_localizer import NetworkLocalizer
from pipeline.localizers.common.overlap import iou
from pipeline.localizers.common.recipe import LocalizerRecipe
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import Retrieved

THRESHOLDS = (0.5, 0.7)


class Selection:
    """Measures networks on the queries of a split whose moments are known.

    index: that of the videos of the split. asked: the split as the retriever reads it, which finds each query's videos
    once for all epochs. corpus: the split as the localizer reads it. Raises PipelineError where no moment is known.
    """

    def __init__(self, index: Index, asked: Corpus, corpus: Corpus, recipe: LocalizerRecipe, device: torch.device):
        # Only the first answers are looked at, which are the same whatever NMS drops after them.
        self._recipe = recipe.model_copy(update={"per_video": None, "before_nms": 1, "after_nms": 1})
        self._corpus, self._device = corpus, device
        self._span, known = one_span(corpus)
        self._query = known.nonzero()[:, 0]
        if not len(self._query):
            raise PipelineError(NO_SELECTION_SPAN, where="outputs/manifest/queries.jsonl", fix=WITHOUT_SPANS)
        found = index.search(asked.query, asked.query_mask, recipe.videos)
        self._found = Retrieved(*(field[self._query] for field in found))

    def __call__(self, network: TrainedLocalizer) -> dict[str, float]:
        """Compute mIoU and R@1, in per cent, as SVMR and as VCMR; `chosen_by` is the sum of both mIoU.

        They are of the first answer to each query, whose IoU is 0 in another video than its own; a mean over all
        queries says more than R@1 where they are few. Of several annotated spans the most frequent one counts.
        """
        bound, query = NetworkLocalizer.of_split(network, self._corpus, self._device), self._query
        own = self._corpus.labels[query]
        answers = {
            "SVMR": localize_videos(bound, own, query, self._recipe),
            "VCMR": localize_corpus(bound, self._found, query, self._recipe),
        }
        numbers = {}
        for task, moments in answers.items():
            ious = torch.where(moments.video[:, 0] == own, iou(moments.span[:, 0], self._span[query]), 0.0)
            numbers[f"{task} mIoU"] = 100.0 * ious.double().mean().item()
            for threshold in THRESHOLDS:
                numbers[f"{task} R@1 IoU={threshold}"] = 100.0 * (ious >= threshold).double().mean().item()
        return {**numbers, "chosen_by": numbers["SVMR mIoU"] + numbers["VCMR mIoU"]}
