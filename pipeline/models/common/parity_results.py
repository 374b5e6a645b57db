"""What our models compute of a parity fixture's inputs with the authors' weights, under the fixture's names.

Each function takes the arrays `weights.*`, `input.*` and `meta.*` and returns every result it can compute; dimensions
come from the arrays. Test: tests/models/test_parity.py.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.corpus.videos import Videos
from pipeline.models.amdnet.model import AMDNet
from pipeline.models.amdnet.recipe import AMDNetRecipe
from pipeline.models.common.author_weights import author_name_of, load_author_weights
from pipeline.models.common.interface import RetrievalModel, similarities
from pipeline.models.common.losses import triplet_loss
from pipeline.models.common.recipe import FrameRecipe
from pipeline.models.gmmformer.model import WIDTHS, GMMFormer, gaussian_windows
from pipeline.models.gmmformer.recipe import GMMFormerRecipe
from pipeline.models.ms_sl.model import MSSL, proposals_of
from pipeline.models.ms_sl.recipe import MSSLRecipe
from pipeline.training.bert_adam import BertAdam, decay_groups

Arrays = dict[str, Tensor]

SHARED = {
    "input_dropout": 0.0,
    "dropout": 0.0,
    "learning_rate": 3e-4,
    "warmup": 0.01,
    "weight_decay": 0.01,
    "batch_videos": 128,
    "epochs": 1,
    "patience_steps": 1,
}
HARD = {"hard_start": 0, "hard_pool": 1}  # the one hardest negative: nothing is drawn
TRAINING_STEPS, TRAINING_TOTAL, TRAINING_WARMUP, TRAINING_DECAY = 12, 40, 0.1, 0.01


@torch.inference_mode()
def amdnet_results(weights: Arrays, inputs: Arrays, meta: Arrays) -> Arrays:
    """AMDNet; the losses weigh as on TVR."""
    hidden, video_size = weights["clip_input_proj.net.1.weight"].shape
    query_positions = weights.get("query_pos_embed.position_embeddings.weight")
    recipe = AMDNetRecipe(
        **SHARED,
        query_form="sentence" if query_positions is None else "token",
        hidden=hidden,
        moments=len(weights["clip_encoder.fc_gauss.weight"]) // 2,
        clips=inputs["clips"].shape[1],
        retrieval_weight=0.04,
        retrieval_scale=1.0,
        start="random",
        diversity_weight=1.0,
        diversity_alpha=0.15,
        relevance_weight=25.0,
        relevance_margin=0.02,
    )
    query = inputs["query"] if inputs["query"].dim() == 3 else inputs["query"][:, None]
    mask = inputs.get("query_mask", torch.ones(query.shape[:2])).bool()
    query_size = weights["query_input_proj.net.1.weight"].shape[1]
    model = AMDNet(video_size, query_size, recipe, query.shape[1] if query_positions is None else len(query_positions))
    load_author_weights(model.eval(), weights)

    clips = inputs["clips"]
    encoding = model.encode_video(Videos(clips, clips[:, :0], torch.ones(len(clips), 0, dtype=torch.bool)))
    vector = model.encode_query(query, mask)
    losses = model.losses(vector, encoding, inputs["labels"], epoch=1)
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


def gmmformer_results(weights: Arrays, inputs: Arrays, meta: Arrays) -> Arrays:
    """GMMFormer with the windows of the padded length, as published; `tvr` and `act` name the recipes of the losses."""
    own = {"window": "padded", "clip_retrieval_weight": 0.05, "query_diversity_weight": 0.001}
    own |= {"query_diversity_alpha": 32.0, "query_diversity_delta": 0.15}
    model = _frame_model(GMMFormer, GMMFormerRecipe, own, weights, inputs, meta)
    results = _training(model, inputs, learning_rate=3e-4)
    act = {"margin": 0.2, "query_diversity_delta": 0.2, "query_diversity_weight": 0.015, "clip_retrieval_weight": 0.02}
    with torch.inference_mode():
        videos = _videos(inputs)
        query, labels = model.encode_query(inputs["query"], inputs["query_mask"].bool()), inputs["labels"]
        encoding = model.encode_video(videos)
        index = model.index(encoding)
        clip, frame = (_score(model, query, index, clip_weight) for clip_weight in (1.0, 0.0))
        results |= _query_tokens(model, inputs)
        results["clip_embedded"] = model.clip_embedding(videos.clips)
        windows = gaussian_windows(torch.tensor([videos.clips.shape[1]]), videos.clips.shape[1])
        results["clip_layer1"] = model.clip_blocks[0](results["clip_embedded"], windows)
        results["frame_embedded"] = model.frame_embedding(videos.frames)
        windows = gaussian_windows(torch.tensor([videos.frames.shape[1]]), videos.frames.shape[1])
        results["frame_layer1"] = model.frame_blocks[0](results["frame_embedded"], windows, videos.frame_mask)
        results["frame_layer2"] = model.frame_blocks[1](results["frame_layer1"], windows, videos.frame_mask)
        results |= {
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
        for length in range(1, model.recipe.frames + 1):
            windows = gaussian_windows(torch.tensor([length]), length)[0]
            results |= {f"window.L{length}.w{width}": window for width, window in zip(WIDTHS, windows, strict=True)}
        for name, changes in {"tvr": {}, "act": act}.items():
            results |= _losses(model, query, encoding, labels, name, changes)
        for branch, scores in {"clip": clip, "frame": frame}.items():
            if f"easy_v2t_rank_{branch}" in inputs:
                ranks = inputs[f"easy_v2t_rank_{branch}"], inputs[f"easy_t2v_rank_{branch}"] - 1
                results[f"tvr.easy_triplet_{branch}"] = triplet_loss(scores, labels, 0.1, *ranks)
        if "pool3_t2v_rank_clip" in inputs:
            ranks = torch.zeros(clip.shape[1], dtype=torch.int64), inputs["pool3_t2v_rank_clip"] - 1
            results["tvr.pool3_triplet_clip"] = triplet_loss(clip, labels, 0.1, *ranks)
    return results


def ms_sl_results(weights: Arrays, inputs: Arrays, meta: Arrays) -> Arrays:
    """MS-SL; `tvr` and `act` name the recipes of the losses."""
    model = _frame_model(MSSL, MSSLRecipe, {"clip_retrieval_weight": 0.02}, weights, inputs, meta)
    results = _training(model, inputs, learning_rate=2.5e-4)
    with torch.inference_mode():
        query, labels = model.encode_query(inputs["query"], inputs["query_mask"].bool()), inputs["labels"]
        encoding = model.encode_video(_videos(inputs))
        index = model.index(encoding)
        key_clip = model.score(query, index).similarity.argmax(dim=-1)
        guided = model.guided(*encoding)[torch.arange(len(encoding.clips))[:, None], key_clip.T]
        own_clip = model.averages[key_clip[torch.arange(len(labels)), labels]]
        own = model.guided_by(own_clip, labels, encoding)
        clip_map, (start, size) = model.over_proposals(encoding.clips.mT).mT, proposals_of(model.recipe.clips)
        own_scores = F.normalize(query, dim=-1) @ F.normalize(own, dim=-1).T
        clip, frame, *mixed = (_score(model, query, index, clip_weight) for clip_weight in (1.0, 0.0, 0.7, 0.5))
        results |= _query_tokens(model, inputs)
        results |= {
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
        for name, changes in {"tvr": {}, "act": {"margin": 0.2}}.items():
            results |= _losses(model, query, encoding, labels, name, changes)
        if "easy_v2t_rank_clip" in inputs:
            ranks = inputs["easy_v2t_rank_clip"], inputs["easy_t2v_rank_clip"] - 1
            results["tvr.easy_triplet_clip"] = triplet_loss(clip, labels, 0.1, *ranks)
            ranks = inputs["easy_frame_col_rank"] - 1, inputs["easy_frame_row_rank"] - 1
            results["tvr.easy_triplet_frame"] = triplet_loss(own_scores, torch.arange(len(labels)), 0.1, *ranks)
    return results


RESULTS: dict[str, Callable[[Arrays, Arrays, Arrays], Arrays]] = {
    "amdnet": amdnet_results,
    "gmmformer": gmmformer_results,
    "ms_sl": ms_sl_results,
}


def _frame_model(
    kind: type[RetrievalModel],
    recipe: type[FrameRecipe],
    own: dict[str, Any],
    weights: Arrays,
    inputs: Arrays,
    meta: Arrays,
) -> RetrievalModel:
    """A model of clips and frames with the authors' weights, in evaluation mode, its recipe TVR's."""
    hidden, heads = meta["hidden_heads"].tolist()
    chosen = recipe(
        **SHARED,
        **HARD,
        hidden=hidden,
        heads=heads,
        clips=inputs["clips"].shape[1],
        frames=len(weights["frame_pos_embed.position_embeddings.weight"]),
        clip_weight=0.7,
        margin=0.1,
        frame_retrieval_weight=0.04,
        retrieval_scale=1.0,
        start="random",
        **own,
    )
    sizes = (weights[f"{part}_input_proj.net.1.weight"].shape[1] for part in ("clip", "query"))
    model = kind(*sizes, chosen, len(weights["query_pos_embed.position_embeddings.weight"]))
    load_author_weights(model.eval(), weights)
    return model


def _videos(inputs: Arrays) -> Videos:
    return Videos(inputs["clips"], inputs["frames"], inputs["frame_mask"].bool())


def _query_tokens(model: RetrievalModel, inputs: Arrays) -> Arrays:
    encoder = model.query_encoder
    return {"query_tokens": encoder.attention(encoder.embedding(inputs["query"]), inputs["query_mask"].bool())}


def _score(model: RetrievalModel, query: Tensor, index: Any, clip_weight: float) -> Tensor:
    """Scores (Q, V) with another weight of the clip branch; 1 is that branch alone."""
    recipe, model.recipe = model.recipe, model.recipe.model_copy(update={"clip_weight": clip_weight})
    score = model.score(query, index).score
    model.recipe = recipe
    return score


LOSS_NAMES = {
    "retrieval_clip": "nce_clip",
    "retrieval_frame": "nce_frame",
    "query_diversity": "diverse",
}


def _losses(
    model: RetrievalModel, query: Tensor, encoding: Any, labels: Tensor, name: str, changes: dict[str, float]
) -> Arrays:
    """The losses of a recipe with hard negatives, as `<name>.<loss>`."""
    recipe, model.recipe = model.recipe, model.recipe.model_copy(update=changes)
    losses = model.losses(query, encoding, labels, epoch=1)
    model.recipe = recipe
    return {f"{name}.{LOSS_NAMES.get(term, term)}": loss for term, loss in losses.items()}


def _training(model: RetrievalModel, inputs: Arrays, learning_rate: float) -> Arrays:
    """Gradients of the total loss and its course over some steps of the optimiser; the weights end as they were."""
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = BertAdam(decay_groups(model, TRAINING_DECAY), learning_rate, TRAINING_TOTAL, TRAINING_WARMUP)
    results, totals = {}, []
    for _ in range(TRAINING_STEPS):
        query = model.encode_query(inputs["query"], inputs["query_mask"].bool())
        total = model.losses(query, model.encode_video(_videos(inputs)), inputs["labels"], epoch=1)["total"]
        optimizer.zero_grad()
        total.backward()
        if not totals:
            gradients = {author_name_of(model, name): weight.grad for name, weight in model.named_parameters()}
            results |= {f"grad_norm.{name}": gradient.norm() for name, gradient in gradients.items()}
            results |= {f"grad.{name}": gradient.clone() for name, gradient in gradients.items() if gradient.dim() == 1}
        optimizer.step()
        totals.append(total.detach())
    model.load_state_dict(start)
    return {**results, "trajectory_total": torch.stack(totals)}
