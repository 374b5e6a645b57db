"""What `amdnet parity` and `amdnet import-checkpoint` must know of the published code of AMDNet.

Tests: tests/tools/test_author_weights.py, tests/tools/test_parity.py.
"""

import torch

from pipeline.models.amdnet.model import AMDNet
from pipeline.models.amdnet.recipe import AMDNetRecipe
from pipeline.models.common.author_names import attention_names
from pipeline.models.common.fixtures import SHARED, Arrays, no_spans, videos_of
from pipeline.models.common.interface import similarities

NAMES = {
    "video_projection.norm": "clip_input_proj.LayerNorm",
    "video_projection.linear": "clip_input_proj.net.1",
    "video_position.table": "clip_pos_embed.position_embeddings",
    "video_position.norm": "clip_pos_embed.LayerNorm",
    "overview_norm": "clip_encoder.clip2video.layernorm",
    "overview": "clip_encoder.clip2video.fc_out1",
    "anchors": "clip_encoder.fc_gauss",
    **attention_names("video_attention", "clip_encoder.attn0"),
    **attention_names("moment_attention", "clip_encoder.attn1"),
    "query_projection.norm": "query_input_proj.LayerNorm",
    "query_projection.linear": "query_input_proj.net.1",
    "query_position.table": "query_pos_embed.position_embeddings",
    "query_position.norm": "query_pos_embed.LayerNorm",
    **attention_names("query_attention", "query_encoder"),
    "query_pooling.logits": "modular_vector_mapping",
}
OWN_WEIGHT = "clip_encoder.fc_gauss.weight"
TRAINING_RATE = None


def build(weights: Arrays, inputs: Arrays, meta: Arrays) -> AMDNet:
    """Build the model of a fixture; see Authors.

    The losses have the weights of the authors' recipe for TVR. Queries are sentences where the weights have no table of
    query positions.
    """
    hidden, video_size = weights["clip_input_proj.net.1.weight"].shape
    query_size = weights["query_input_proj.net.1.weight"].shape[1]
    query_positions = weights.get("query_pos_embed.position_embeddings.weight")
    recipe = AMDNetRecipe(
        **SHARED,
        query_form="sentence" if query_positions is None else "token",
        hidden=hidden,
        moments=len(weights["clip_encoder.fc_gauss.weight"]) // 2,
        clips=inputs["clips"].shape[1],
        retrieval_weight=0.04,
        diversity_weight=1.0,
        diversity_alpha=0.15,
        relevance_weight=25.0,
        relevance_margin=0.02,
    )
    max_query_tokens = 1 if query_positions is None else len(query_positions)
    return AMDNet(video_size, query_size, recipe, max_query_tokens)


def results(model: AMDNet, inputs: Arrays) -> Arrays:
    """Compute what a fixture may expect; see Authors.

    A fixture holds queries as sentences (Q, D), or as tokens (Q, T, D) with their mask.
    """
    query = inputs["query"] if inputs["query"].dim() == 3 else inputs["query"][:, None]
    mask = inputs.get("query_mask", torch.ones(query.shape[:2])).bool()
    encoding = model.encode_video(videos_of(inputs))
    vector = model.encode_query(query, mask)
    losses = model.losses(vector, encoding, inputs["labels"], no_spans(inputs["labels"]), epoch=1)
    return {
        "video": encoding.video,
        "moment_masks": encoding.moment_masks,
        "moments": encoding.moments,
        "global": encoding.overview,
        "query": vector,
        "cosine_scores": model.score(vector, model.index(encoding)).score,
        "dot_scores": similarities(vector, encoding.video).amax(dim=-1),
        "loss_retrieval_unweighted": losses["retrieval"],
        "loss_diversity": losses["diversity"],
        "loss_relevance": losses["relevance"],
        "loss_total": losses["total"],
    }
