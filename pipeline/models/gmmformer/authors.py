"""What `amdnet parity` and `amdnet import-checkpoint` must know of the published code of GMMFormer.

Tests: tests/tools/test_author_weights.py, tests/tools/test_parity.py.
"""

import torch

from pipeline.models.common.author_names import attention_names, embedding_names
from pipeline.models.common.fixtures import Arrays, frame_model, losses, query_tokens, score, videos_of
from pipeline.models.common.interface import RetrievalModel, similarities
from pipeline.models.common.losses import triplet_loss
from pipeline.models.gmmformer.model import WIDTHS, GMMFormer, gaussian_windows
from pipeline.models.gmmformer.recipe import GMMFormerRecipe

NAMES = {
    **embedding_names("query_encoder.embedding", "query"),
    **attention_names("query_encoder.attention", "query_encoder"),
    "query_encoder.pooling.logits": "modular_vector_mapping",
    **embedding_names("clip_embedding", "clip"),
    **embedding_names("frame_embedding", "frame"),
    **{
        ours: theirs
        for branch, names in {
            "clip": ("clip_encoder", "clip_encoder_2"),
            "frame": ("frame_encoder_1", "frame_encoder_2"),
        }.items()
        for block, name in enumerate(names)
        for unit in range(1 + len(WIDTHS))
        for ours, theirs in attention_names(f"{branch}_blocks.{block}.units.{unit}", f"{name}.attn{unit}").items()
    },
    "frame_pooling.logits": "modular_vector_mapping_2",
}
OWN_WEIGHT = "modular_vector_mapping_2.weight"
TRAINING_RATE = 3e-4

TVR = {
    "window": "padded",
    "clip_retrieval_weight": 0.05,
    "query_diversity_weight": 0.001,
    "query_diversity_alpha": 32.0,
    "query_diversity_delta": 0.15,
}
ACTIVITYNET = {
    "margin": 0.2,
    "query_diversity_delta": 0.2,
    "query_diversity_weight": 0.015,
    "clip_retrieval_weight": 0.02,
}


def build(weights: Arrays, inputs: Arrays, meta: Arrays) -> RetrievalModel:
    """Build the model of a fixture; see Authors. Its windows have the padded length of the batch, as published."""
    return frame_model(GMMFormer, GMMFormerRecipe, TVR, weights, inputs, meta)


def results(model: GMMFormer, inputs: Arrays) -> Arrays:
    """Compute what a fixture may expect; see Authors.

    The losses are computed with the authors' recipes for TVR and for ActivityNet, under names with `tvr` and `act`.
    """
    videos, labels = videos_of(inputs), inputs["labels"]
    query = model.encode_query(inputs["query"], inputs["query_mask"].bool())
    encoding = model.encode_video(videos)
    index = model.index(encoding)
    clip, frame = (score(model, query, index, clip_weight) for clip_weight in (1.0, 0.0))
    found = {
        **_layers(model, inputs),
        "clips": encoding.clips,
        "frame": encoding.frame,
        "query": query,
        "clip_scores": clip,
        "frame_scores": frame,
        "clip_dot": similarities(query, encoding.clips).amax(dim=-1),
        "frame_dot": query @ encoding.frame.T,
        "score": model.score(query, index).score,
        "clip_argmax": model.score(query, index).similarity.argmax(dim=-1),
    }
    for name, changes in {"tvr": {}, "act": ACTIVITYNET}.items():
        found |= losses(model, query, encoding, labels, name, changes)
    for branch, scores in {"clip": clip, "frame": frame}.items():
        if f"easy_v2t_rank_{branch}" in inputs:
            ranks = inputs[f"easy_v2t_rank_{branch}"], inputs[f"easy_t2v_rank_{branch}"] - 1
            found[f"tvr.easy_triplet_{branch}"] = triplet_loss(scores, labels, 0.1, *ranks)
    if "pool3_t2v_rank_clip" in inputs:
        ranks = torch.zeros(clip.shape[1], dtype=torch.int64), inputs["pool3_t2v_rank_clip"] - 1
        found["tvr.pool3_triplet_clip"] = triplet_loss(clip, labels, 0.1, *ranks)
    return found


def _layers(model: GMMFormer, inputs: Arrays) -> Arrays:
    """Compute the results of each layer of both branches, and the windows for sequences of every length."""
    videos = videos_of(inputs)
    clips, frames, mask = videos.clips, videos.frames, videos.frame_mask
    found = {"query_tokens": query_tokens(model, inputs), "clip_embedded": model.clip_embedding(clips)}
    windows = _windows(clips.shape[1])
    found["clip_layer1"] = model.clip_blocks[0](found["clip_embedded"], windows)
    found["frame_embedded"] = model.frame_embedding(frames)
    windows = _windows(frames.shape[1])
    found["frame_layer1"] = model.frame_blocks[0](found["frame_embedded"], windows, mask)
    found["frame_layer2"] = model.frame_blocks[1](found["frame_layer1"], windows, mask)
    for length in range(1, model.recipe.frames + 1):
        of_length = zip(WIDTHS, _windows(length)[0], strict=True)
        found |= {f"window.L{length}.w{width}": window for width, window in of_length}
    return found


def _windows(length: int) -> torch.Tensor:
    """Compute the windows (1, widths, L, L) of a sequence of L = `length` positions."""
    return gaussian_windows(torch.tensor([length]), length)
