"""What `amdnet parity` and `amdnet import-checkpoint` must know of the published code of MS-SL.

Tests: tests/tools/test_author_weights.py, tests/tools/test_parity.py.
"""

import torch
import torch.nn.functional as F

from pipeline.models.common.author_names import attention_names, embedding_names
from pipeline.models.common.fixtures import Arrays, frame_model, losses, query_tokens, score, videos_of
from pipeline.models.common.interface import RetrievalModel, similarities
from pipeline.models.common.losses import triplet_loss
from pipeline.models.common.runs import runs_of
from pipeline.models.ms_sl.model import MSSL
from pipeline.models.ms_sl.recipe import MSSLRecipe

NAMES = {
    **embedding_names("query_encoder.embedding", "query"),
    **attention_names("query_encoder.attention", "query_encoder"),
    "query_encoder.pooling.logits": "modular_vector_mapping",
    **embedding_names("clip_embedding", "clip"),
    **attention_names("clip_attention", "clip_encoder"),
    **embedding_names("frame_embedding", "frame"),
    **attention_names("frame_attention", "frame_encoder"),
    "key": "mapping_linear.0",
    "value": "mapping_linear.1",
}
OWN_WEIGHT = "mapping_linear.0.weight"
TRAINING_RATE = 2.5e-4

TVR = {"clip_retrieval_weight": 0.02}
ACTIVITYNET = {"margin": 0.2}


def build(weights: Arrays, inputs: Arrays, meta: Arrays) -> RetrievalModel:
    """Build the model of a fixture; see Authors."""
    return frame_model(MSSL, MSSLRecipe, TVR, weights, inputs, meta)


def results(model: MSSL, inputs: Arrays) -> Arrays:
    """Compute what a fixture may expect; see Authors.

    The losses are computed with the authors' recipes for TVR and for ActivityNet, under names with `tvr` and `act`.
    """
    labels = inputs["labels"]
    query = model.encode_query(inputs["query"], inputs["query_mask"].bool())
    encoding = model.encode_video(videos_of(inputs))
    index = model.index(encoding)
    key_clip = model.score(query, index).similarity.argmax(dim=-1)
    guided = model.guided(*encoding)[torch.arange(len(encoding.clips))[:, None], key_clip.T]
    own_clip = model.averages[key_clip[torch.arange(len(labels)), labels]]
    own = model.guided_by(own_clip, labels, encoding)
    clip_map, (start, size) = model.over_proposals(encoding.clips.mT).mT, runs_of(model.recipe.clips)
    own_scores = F.normalize(query, dim=-1) @ F.normalize(own, dim=-1).T
    clip, frame, *mixed = (score(model, query, index, clip_weight) for clip_weight in (1.0, 0.0, 0.7, 0.5))
    found = {
        "query_tokens": query_tokens(model, inputs),
        "clips": encoding.clips,
        "frames": encoding.frames,
        "query": query,
        "clip_map": clip_map,
        "clip_map_start": start,
        "clip_map_size": size,
        "key_clip": key_clip,
        "guided_pair": guided,
        "guided_own": own,
        "clip_scores": clip,
        "clip_dot": similarities(query, clip_map).amax(dim=-1),
        "frame_scores": frame,
        "train_frame_scores": own_scores,
        "train_frame_dot": query @ own.T,
        "score_0.7": mixed[0],
        "score_0.5": mixed[1],
    }
    for name, changes in {"tvr": {}, "act": ACTIVITYNET}.items():
        found |= losses(model, query, encoding, labels, name, changes)
    if "easy_v2t_rank_clip" in inputs:
        ranks = inputs["easy_v2t_rank_clip"], inputs["easy_t2v_rank_clip"] - 1
        found["tvr.easy_triplet_clip"] = triplet_loss(clip, labels, 0.1, *ranks)
        ranks = inputs["easy_frame_col_rank"] - 1, inputs["easy_frame_row_rank"] - 1
        found["tvr.easy_triplet_frame"] = triplet_loss(own_scores, torch.arange(len(labels)), 0.1, *ranks)
    return found
