"""Starts training from canonical correlation analysis (CCA): sets a model's projections to the directions CCA finds.

With little data, a model that starts from random weights knows its training videos by heart before it ranks new videos
as well as CCA does, the linear baseline. With `start: cca` it starts with what the baseline knows, and learns the rest.
Test: tests/training/test_start.py.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pipeline.corpus.corpus import Corpus
from pipeline.models.common.blocks import Projection, Standardize
from pipeline.models.common.correlation import CORRELATION_POWER, RIDGE, ROUNDS, pairs_of, solve
from pipeline.models.common.recipe import STEADY_UNITS

SAMPLE = 1024  # videos, and queries, on which the scale is measured
AVERAGED = 32  # clips a video that CCA is given of a video at its own pace
STEADY = 4.0  # of the steady units, where the others deviate by 1
LIFT = 1.0  # added to every unit: one deviation
WHOLE_LIFT = 64.0  # more than any unit is below 0


class Projecting(Protocol):
    """What can start from CCA: a TrainedModel, or a TrainedLocalizer; the methods are described in TrainedModel."""

    recipe: Any
    standardize: Standardize

    def projections(self) -> tuple[list[Projection], list[Projection]]: ...
    def pass_through(self) -> None: ...
    def state_dict(self) -> dict[str, Tensor]: ...


@torch.no_grad()
def start_from_cca(model: Projecting, corpus: Corpus, labels: Tensor) -> list[dict[str, Tensor]]:
    """Set the weights of `model`, which is on the CPU, to those from which training starts.

    Returns the weights of the baseline after each round of CCA: state dicts of the model that rank as CCA does. labels:
    (Q,) int64, the video of each query.

    Every direction of CCA is computed by a pair of hidden units of a projection, with opposite signs; where there are
    more units, by several pairs. Their values have a standard deviation of 1 over clips and over tokens. The last few
    units have a constant value in queries and 0 in videos: without them, LayerNorm would make words that say little as
    long as words that say much.

    The baseline and the start of training differ in the lift, a constant that is added to all units. In the baseline it
    is so large that every unit is above 0: ReLU changes nothing, LayerNorm takes the lift away, clips have the cosines
    that they have in CCA, and the projections of frame rows are 0. Training starts with a small lift, with which ReLU
    cuts off the lower unit of each pair: this ranks less well, but learns more (experiments/README.md).

    Raises PipelineError where the covariance of the features cannot be inverted.
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


def _rounds(model: Projecting, corpus: Corpus, labels: Tensor) -> Iterator[tuple[nn.Linear, nn.Linear]]:
    """Yield, after each round of CCA, the maps of clips and of tokens to the directions.

    They map what the projections see: features after LayerNorm. What they return has a standard deviation of 1. The two
    modules are the same in each round.
    """
    (first, *_), (of_query, *_) = model.projections()
    see_clips, see_tokens = nn.Sequential(model.standardize, first.norm), of_query.norm
    video_size, query_size = first.linear.in_features, of_query.linear.in_features
    directions = min(_pairs(first.linear), video_size, query_size)
    video_map, query_map = nn.Linear(video_size, directions), nn.Linear(query_size, directions)
    query, mask, clips_of = corpus.query, corpus.query_mask, corpus.videos.clips.__getitem__
    if model.recipe.own_pace:
        clips_of = partial(corpus.videos.averaged, slots=AVERAGED)
    sample = torch.arange(min(SAMPLE, len(corpus.video_ids)))
    seen, said = see_clips(clips_of(sample)), see_tokens(query[:SAMPLE][mask[:SAMPLE]])
    for number in range(ROUNDS):
        pairs = pairs_of(clips_of, query, mask, labels, see_clips, see_tokens, torch.device("cpu"))
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
