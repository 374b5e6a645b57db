"""Weights to start training from: a model's projections set to the directions of canonical correlation analysis.

With little data, a model that starts at random knows its training videos by heart before it ranks new ones as well as
the linear baseline does. From here it starts with what that baseline knows, and learns the rest.
Test: tests/training/test_start.py.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from pipeline.corpus.corpus import Corpus
from pipeline.models.common.correlation import CORRELATION_POWER, RIDGE, ROUNDS, pairs_of, solve
from pipeline.models.common.interface import TrainedModel
from pipeline.models.common.recipe import STEADY_UNITS

SAMPLE = 1024  # videos, and queries, on which the scale is measured
STEADY = 4.0  # of the steady units, where the others deviate by 1
LIFT = 1.0  # added to every unit: one deviation
WHOLE_LIFT = 64.0  # more than any unit is below 0


@torch.no_grad()
def start_from_cca(model: TrainedModel, corpus: Corpus, labels: Tensor) -> list[dict[str, Tensor]]:
    """Set the weights of `model`, on the CPU, from which training starts; return those of the baseline, one a round.

    labels (Q,): the video of each query. A direction takes two units of opposite signs, or more such pairs where there
    are more units; they deviate by 1 over clips and tokens. A few units have a steady value in queries and 0 in videos,
    so that LayerNorm does not make the words that say little as long as those that say much.
    The baseline is the model with its units lifted above 0: ReLU lets both signs through, LayerNorm takes the lift
    away, clips have the cosines that they have in CCA, and the frames say nothing. Training starts with a smaller
    lift, where ReLU cuts the low one of a pair off: that ranks less well, and learns more (experiments/README.md).
    Raises PipelineError where the features have no covariance that can be inverted.
    """
    (clips, *frames), queries = model.projections()
    model.pass_through()
    baselines = []
    for seen, said in _rounds(model, corpus, labels):
        _set(clips.linear, seen, WHOLE_LIFT, steady=0.0)
        for projection in frames:
            projection.linear.weight.zero_()
            projection.linear.bias.zero_()
        for projection in queries:
            _set(projection.linear, said, WHOLE_LIFT, steady=WHOLE_LIFT)
        baselines.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
    for projection in (clips, *frames):
        _set(projection.linear, seen, LIFT, steady=0.0)
    for projection in queries:
        _set(projection.linear, said, LIFT, steady=STEADY)
    return baselines


def _rounds(model: TrainedModel, corpus: Corpus, labels: Tensor) -> Iterator[tuple[nn.Linear, nn.Linear]]:
    """The maps of what the projections see of clips, and of tokens, to the directions, after each round of CCA.

    Both deviate by 1. They are the same two modules each time.
    """
    (first, *_), (of_query, *_) = model.projections()
    see_clips, see_tokens = nn.Sequential(model.standardize, first.norm), of_query.norm
    video_size, query_size = first.linear.in_features, of_query.linear.in_features
    directions = min(_pairs(first.linear), video_size, query_size)
    video_map, query_map = nn.Linear(video_size, directions), nn.Linear(query_size, directions)
    clips, query, mask = corpus.videos.clips, corpus.query, corpus.query_mask
    seen, said = see_clips(clips[:SAMPLE]), see_tokens(query[:SAMPLE][mask[:SAMPLE]])
    for number in range(ROUNDS):
        pairs = pairs_of(clips, query, mask, labels, see_clips, see_tokens, torch.device("cpu"))
        solve(video_map, query_map, pairs, RIDGE, CORRELATION_POWER, refit=number > 0)
        for solved, rows in ((video_map, seen), (query_map, said)):
            scale = 1 / solved(rows).std()
            solved.weight.mul_(scale)
            solved.bias.mul_(scale)
        yield video_map, query_map


def _pairs(linear: nn.Linear) -> int:
    return (linear.out_features - STEADY_UNITS) // 2


def _set(linear: nn.Linear, solved: nn.Linear, lift: float, steady: float) -> None:
    pairs, directions = _pairs(linear), len(solved.weight)
    direction = torch.arange(pairs) % directions
    # A direction that has more pairs than the others counts no more than they.
    share = (pairs / directions / direction.bincount()[direction]).sqrt()
    weight, bias = share[:, None] * solved.weight[direction], share * solved.bias[direction]
    linear.weight.zero_()
    linear.weight[: 2 * pairs] = torch.cat([weight, -weight])
    linear.bias.fill_(lift)
    linear.bias[: 2 * pairs] += torch.cat([bias, -bias])
    linear.bias[-STEADY_UNITS:] += steady * torch.tensor([1.0, -1.0]).repeat(STEADY_UNITS // 2)
