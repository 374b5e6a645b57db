"""Weights to start training from: a model's projections set to the directions of canonical correlation analysis.

With little data, a model that starts at random knows its training videos by heart before it ranks new ones as well as
the linear baseline does. From here it starts with what that baseline knows, and learns the rest.
Test: tests/training/test_start.py.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from pipeline.features.corpus import Corpus
from pipeline.models.correlation import BLOCK, mean_token, solve
from pipeline.models.interface import RetrievalModel

ROUNDS, RIDGE, CORRELATION_POWER = 3, 0.3, 2.0  # as in the recipes of cca
SAMPLE = 1024  # videos, and queries, on which the scale is measured


@torch.no_grad()
def start_from_cca(model: RetrievalModel, corpus: Corpus, labels: Tensor) -> None:
    """Set the linear maps of the projections of `model`, on the CPU; labels (Q,): the video of each query.

    A direction takes two units of opposite signs, of which ReLU lets one through. Their values deviate by 1 over clips
    and tokens. Units that are left over keep their weights, as does all else. Raises PipelineError where the features
    have no covariance that can be inverted.
    """
    videos, queries = model.projections()
    see_clips, see_tokens = nn.Sequential(model.standardize, videos[0].norm), queries[0].norm
    video, query = videos[0].linear, queries[0].linear
    directions = min(video.out_features // 2, video.in_features, query.in_features)
    video_map, query_map = nn.Linear(video.in_features, directions), nn.Linear(query.in_features, directions)

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        for block in torch.arange(len(labels)).split(BLOCK):
            words = mean_token(see_tokens(corpus.query[block]), corpus.query_mask[block])
            yield see_clips(corpus.videos.clips[labels[block]]), words

    for number in range(ROUNDS):
        solve(video_map, query_map, pairs(), RIDGE, CORRELATION_POWER, refit=number > 0)
    clips = see_clips(corpus.videos.clips[:SAMPLE])
    tokens = see_tokens(corpus.query[:SAMPLE][corpus.query_mask[:SAMPLE]])
    for projections, solved, rows in ((videos, video_map, clips), (queries, query_map, tokens)):
        scale = 1 / solved(rows).std()
        for projection in projections:
            _set(projection.linear, scale * solved.weight, scale * solved.bias)


def _set(linear: nn.Linear, weight: Tensor, bias: Tensor) -> None:
    units = 2 * len(weight)
    linear.weight[:units] = torch.cat([weight, -weight])
    linear.bias[:units] = torch.cat([bias, -bias])
