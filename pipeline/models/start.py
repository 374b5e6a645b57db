"""Weights to start training from: a model's projections set to the directions of canonical correlation analysis.

With little data, a model that starts at random knows its training videos by heart before it ranks new ones as well as
the linear baseline does. From here it starts with what that baseline knows, and learns the rest.
Test: tests/training/test_start.py.
"""

import torch
from torch import Tensor, nn

from pipeline.features.corpus import Corpus
from pipeline.models.correlation import pairs_of, solve
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
    video_size, query_size = videos[0].linear.in_features, queries[0].linear.in_features
    directions = min(videos[0].linear.out_features // 2, video_size, query_size)
    video_map, query_map = nn.Linear(video_size, directions), nn.Linear(query_size, directions)
    clips, query, mask = corpus.videos.clips, corpus.query, corpus.query_mask
    for number in range(ROUNDS):
        pairs = pairs_of(clips, query, mask, labels, see_clips, see_tokens, torch.device("cpu"))
        solve(video_map, query_map, pairs, RIDGE, CORRELATION_POWER, refit=number > 0)
    seen, tokens = see_clips(clips[:SAMPLE]), see_tokens(query[:SAMPLE][mask[:SAMPLE]])
    for projections, solved, rows in ((videos, video_map, seen), (queries, query_map, tokens)):
        scale = 1 / solved(rows).std()
        for projection in projections:
            _set(projection.linear, scale * solved.weight, scale * solved.bias)


def _set(linear: nn.Linear, weight: Tensor, bias: Tensor) -> None:
    units = 2 * len(weight)
    linear.weight[:units] = torch.cat([weight, -weight])
    linear.bias[:units] = torch.cat([bias, -bias])
