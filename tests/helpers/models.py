"""Fixtures: small models and random inputs for them. A conftest.py imports those that its tests use."""

import pytest
import torch

from pipeline.corpus.videos import Videos
from pipeline.models.common.blocks import initialize
from pipeline.models.common.interface import RetrievalModel
from pipeline.models.common.recipe_file import MODELS
from pipeline.models.common.registry import build

SHARED = {
    "start": "random",
    "hidden": 32,
    "clips": 12,
    "input_dropout": 0.1,
    "dropout": 0.1,
    "learning_rate": 1e-3,
    "warmup": 0.05,
    "weight_decay": 0.01,
    "batch_videos": 4,
    "epochs": 2,
    "patience_steps": 10,
}
FRAMES = {
    "heads": 4,
    "frames": 8,
    "clip_weight": 0.7,
    "margin": 0.1,
    "clip_retrieval_weight": 0.05,
    "frame_retrieval_weight": 0.04,
    "retrieval_scale": 1.0,
    "hard_start": 20,
    "hard_pool": 2,
}
OWN = {
    "amdnet": {
        "query_form": "token",
        "moments": 4,
        "retrieval_weight": 0.04,
        "retrieval_scale": 1.0,
        "diversity_weight": 1.0,
        "diversity_alpha": 0.15,
        "relevance_weight": 25.0,
        "relevance_margin": 0.02,
    },
    "gmmformer": {
        **FRAMES,
        "window": "own_length",
        "query_diversity_weight": 0.001,
        "query_diversity_alpha": 32.0,
        "query_diversity_delta": 0.15,
    },
    "ms_sl": FRAMES,
    "prem": {
        "heads": 4,
        "modality": "both",
        "pooling": "specific",
        "positive": "moment",
        "weak_weight": 0.5,
        "temperature": 0.1,
    },
    "cca": {"dimensions": 10, "ridge": 0.3, "correlation_power": 2.0},
    "zero_shot": {"moment_share": 0.5},
}
VIDEO_SIZE, QUERY_SIZE, SUBTITLE_SIZE, MAX_QUERY_TOKENS = 20, 10, 10, 9


@pytest.fixture
def make_model():
    """make_model("amdnet", query_form="sentence", ...) -> a model in evaluation mode with weights far from 0."""

    def make(name: str = "amdnet", **changes) -> RetrievalModel:
        schema = MODELS.schema(name)
        shared = {key: value for key, value in SHARED.items() if key in schema.model_fields}
        recipe = schema(**{**shared, **OWN[name], **changes})
        query_size = VIDEO_SIZE if recipe.one_space else QUERY_SIZE
        model = build(name, VIDEO_SIZE, query_size, recipe, MAX_QUERY_TOKENS, SUBTITLE_SIZE)
        initialize(model, 0)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(5)
        return model.eval()

    return make


@pytest.fixture
def videos() -> Videos:
    """Five videos of 12 clips and of 7, 1, 4, 7 and 2 frames, padded to 8; in the third one nothing is said."""
    draw = torch.Generator().manual_seed(1)
    clips, frames = torch.randn(5, 20, VIDEO_SIZE, generator=draw).split([12, 8], dim=1)
    mask = torch.arange(8) < torch.tensor([7, 1, 4, 7, 2])[:, None]
    said = torch.randn(5, 8, SUBTITLE_SIZE, generator=draw) * (torch.arange(5) != 2)[:, None, None]
    return Videos(clips, frames * mask[..., None], mask, said * mask[..., None])


@pytest.fixture
def queries() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens (7, 6, D_q), mask (7, 6) of 1 to 6 tokens, labels of 3, 1, 2, 1 and 0 queries a video."""
    tokens = torch.randn(7, 6, QUERY_SIZE, generator=torch.Generator().manual_seed(2))
    mask = torch.arange(6) < torch.tensor([1, 2, 3, 4, 5, 6, 6])[:, None]
    return tokens * mask[..., None], mask, torch.tensor([0, 0, 0, 1, 2, 2, 3])
