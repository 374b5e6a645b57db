"""Repeats with our model the training steps that a parity fixture holds. Test: tests/tools/test_parity.py."""

from collections.abc import Mapping

import torch
from torch import Tensor

from pipeline.models.common.fixtures import Arrays, no_spans, videos_of
from pipeline.models.common.interface import TrainedModel
from pipeline.training.bert_adam import BertAdam
from pipeline.training.optimizer import decay_groups
from tools.authors.weights import author_name_of

STEPS, PLANNED_STEPS, WARMUP, WEIGHT_DECAY = 12, 40, 0.1, 0.01


def trained(model: TrainedModel, names: Mapping[str, str], inputs: Arrays, learning_rate: float) -> Arrays:
    """Compute the gradients of the total loss, and the total loss before each of STEPS steps of the optimiser.

    names: `NAMES` of the model's authors.py. The model has the same weights afterwards.
    """
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = BertAdam(decay_groups(model, WEIGHT_DECAY), learning_rate, PLANNED_STEPS, WARMUP)
    results: Arrays = {}
    totals: list[Tensor] = []
    for _ in range(STEPS):
        query = model.encode_query(inputs["query"], inputs["query_mask"].bool())
        encoding, moment = model.encode_video(videos_of(inputs)), no_spans(inputs["labels"])
        total = model.losses(query, encoding, inputs["labels"], moment, epoch=1)["total"]
        optimizer.zero_grad()
        total.backward()
        if not totals:
            results = _gradients(model, names)
        optimizer.step()
        totals.append(total.detach())
    model.load_state_dict(start)
    return {**results, "trajectory_total": torch.stack(totals)}


def _gradients(model: TrainedModel, names: Mapping[str, str]) -> Arrays:
    """Collect the norm of each parameter's gradient, and the gradient where it has one axis, by the authors' names."""
    found = {}
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            author_name = author_name_of(names, name)
            found[f"grad_norm.{author_name}"] = weight.grad.norm()
            if weight.dim() == 1:
                found[f"grad.{author_name}"] = weight.grad.clone()
    return found
