"""Which moment of its video a query is trained with: one of its annotated spans.

Test: tests/corpus/test_annotated.py.
"""

from collections import Counter

import torch
from torch import Tensor

from pipeline.corpus.clip_times import Rule
from pipeline.corpus.corpus import Corpus

NO_CLIP, PAST_THE_LAST_CLIP = -1, -2
"""What stands for the clips of a moment that is not known, and of one that starts after the last clip of its video."""


def one_span(corpus: Corpus) -> tuple[Tensor, Tensor]:
    """Take one annotated span of each query: start and end in seconds (Q, 2) float64, and where one is known (Q,) bool.

    Of several spans it is the one that most annotators gave, the first of those where several are as frequent. Where no
    span is known, the seconds are 0.
    """
    known = torch.tensor([bool(spans) for spans in corpus.spans], dtype=torch.bool)
    seconds = torch.zeros(len(known), 2, dtype=torch.float64)
    chosen = [Counter(spans).most_common(1)[0][0] for spans in corpus.spans if spans]
    if chosen:
        seconds[known] = torch.tensor(chosen, dtype=torch.float64)
    return seconds, known


def clips_of_queries(corpus: Corpus, labels: Tensor, rule: Rule) -> Tensor:
    """Find the clips of each query's `one_span`: the first and the last one, inclusive, (Q, 2) int64.

    rule: see ClipTimes.clips_of. Both are NO_CLIP where no span is known, and where `labels` (Q,) give the query to
    another video than its own. Both are PAST_THE_LAST_CLIP where the span starts after the last clip, as it can in a
    video of which rows were cut off.
    """
    seconds, known = one_span(corpus)
    clips = corpus.times.clips_of(corpus.labels, seconds, rule)
    clips[corpus.times.starts_after(corpus.labels, seconds)] = PAST_THE_LAST_CLIP
    return torch.where((known & (labels == corpus.labels))[:, None], clips, NO_CLIP)
