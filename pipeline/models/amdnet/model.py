"""AMDNet: active moment discovering for partially relevant video retrieval (Song et al., IEEE TMM 2025).

A video of N clips is encoded once. From its overview vector the model draws H spans (centre and width); a Gaussian mask
around each span makes one attention head look at one moment. A query scores a video by its most similar clip, and the
moment that holds this clip is the answer within the video.
Tests: tests/models/test_amdnet.py, tests/tools/test_parity.py (against the authors' numbers).
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.corpus.videos import Videos
from pipeline.models.amdnet.losses import diversity_loss, relevance_loss
from pipeline.models.amdnet.recipe import AMDNetRecipe
from pipeline.models.common.blocks import AttentionPooling, PositionalEmbedding, Projection, SelfAttention
from pipeline.models.common.interface import Scores, TrainedModel, moment_spans, similarities
from pipeline.models.common.losses import retrieval_loss
from pipeline.models.common.runs import answer_first, behind
from pipeline.ops import Linear, in_parts

SMALLEST_WIDTH = 0.01  # of a mask, as a share of the video
DEVIATIONS = 9.0  # standard deviations a moment's width spans
WIDEST_START = 0.9  # of a moment before training, as a share of the video


class VideoEncoding(NamedTuple):
    """B encoded videos with H moments each.

    video: (B, N, d), the clips that queries are compared with. moment_masks: (B, H, N) in [0, 1], the maximum of each
    row is 1. moments: (B, H, d), the sum of the clips weighted by each mask. overview: (B, d), one vector for the whole
    video. spans: (B, H, 2), centre and width of each moment as shares of the video, in (0, 1).
    """

    video: Tensor
    moment_masks: Tensor
    moments: Tensor
    overview: Tensor
    spans: Tensor


class VideoIndex(NamedTuple):
    """B videos ready for queries: clips (B, N, d), each of length 1, and spans (B, H, 2); see RetrievalModel."""

    clips: Tensor
    spans: Tensor


class AMDNet(TrainedModel):
    """AMDNet: a video's score for a query is the largest cosine of the query with a clip of the video.

    video_size, query_size: D_v and D_q, the sizes of the features. max_query_tokens: the most tokens a query may have,
    which is how many rows the table of query positions has.
    """

    recipe: AMDNetRecipe

    def __init__(self, video_size: int, query_size: int, recipe: AMDNetRecipe, max_query_tokens: int = 30):
        super().__init__(video_size, recipe)
        hidden, heads, dropout = recipe.hidden, recipe.moments, recipe.dropout
        self.video_projection = Projection(video_size, hidden, recipe.input_dropout)
        self.video_position = PositionalEmbedding(recipe.clips, hidden, dropout)
        self.overview_norm = nn.LayerNorm(hidden)
        self.overview = Linear(hidden, hidden)
        self.anchors = Linear(hidden, 2 * heads)
        self.video_attention = SelfAttention(hidden, heads, dropout)
        self.moment_attention = SelfAttention(hidden, heads, dropout)
        self.query_projection = Projection(query_size, hidden, recipe.input_dropout)
        if recipe.query_form == "token":
            self.query_position = PositionalEmbedding(max_query_tokens, hidden, dropout)
            self.query_attention = SelfAttention(hidden, heads, dropout)
            self.query_pooling = AttentionPooling(hidden)

    def projections(self) -> tuple[list[Projection], list[Projection]]:
        """List the projection of clips, and that of query tokens; see TrainedModel."""
        return [self.video_projection], [self.query_projection]

    @torch.no_grad()
    def pass_through(self) -> None:
        """See TrainedModel. The moments become the same in every video: side by side, each over half of the next."""
        super().pass_through()
        heads = self.recipe.moments
        centre = torch.arange(1, heads + 1) / (heads + 1)
        spans = torch.stack([centre, torch.full_like(centre, min(2 / heads, WIDEST_START))], dim=-1)
        self.anchors.bias.copy_(spans.logit().flatten())

    def encode_video(self, videos: Videos) -> VideoEncoding:
        """See RetrievalModel. Frame rows are not used."""
        clips = self.video_position(self.video_projection(self.standardize(videos.clips)))
        # In float64: a mask falls so steeply that float32's rounding of its centre shows in the fifth digit.
        overview = in_float64(self.overview, in_float64(self.overview_norm, clips.double().mean(dim=1)))
        spans = in_float64(self.anchors, overview).sigmoid().unflatten(-1, (-1, 2))
        masks = log_masks(spans, clips.shape[1]).exp().to(clips.dtype)
        overview, spans = overview.to(clips.dtype), spans.to(clips.dtype)
        plain = self.video_attention(clips)
        focused = self.moment_attention(plain, multiplier=masks[:, :, None, :])
        return VideoEncoding((plain + focused) / 2, masks, masks @ clips, overview, spans)

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """See RetrievalModel. With `query_form: sentence`, T = 1."""
        if self.recipe.query_form == "sentence":
            return self.query_projection(query[:, 0])
        return self._encode_tokens(query, mask)

    @in_parts
    def _encode_tokens(self, tokens: Tensor, mask: Tensor) -> Tensor:
        tokens = self.query_position(self.query_projection(tokens))
        return self.query_pooling(self.query_attention(tokens, key_mask=mask), mask)

    def index(self, encoding: VideoEncoding) -> VideoIndex:
        """See RetrievalModel."""
        return VideoIndex(F.normalize(encoding.video, dim=-1), encoding.spans)

    def score(self, query: Tensor, index: VideoIndex) -> Scores:
        """See RetrievalModel."""
        similarity = similarities(F.normalize(query, dim=-1), index.clips)
        return Scores(similarity.amax(dim=-1), similarity)

    def localize(self, query: Tensor, index: VideoIndex, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """See RetrievalModel. The answer is the moment whose mask is largest at the clip `position`."""
        spans = index.spans[video]
        # In logarithms, since far from every span all masks are 0 in float32.
        cover = log_masks(spans, self.recipe.clips).take_along_dim(position[:, None, None], dim=-1)
        moment = cover[..., 0].argmax(dim=-1)
        return moment, moment_spans(spans.take_along_dim(moment[:, None, None], dim=1)[:, 0])

    def candidates(self, query: Tensor, index: VideoIndex, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """See RetrievalModel. The candidates are the moments, and behind them all runs of clips.

        A moment is scored by the cosine of the query with the clips of the index, summed up with the moment's mask.
        """
        spans, clips = index.spans[video], index.clips[video]
        moments = F.normalize(log_masks(spans, self.recipe.clips).exp().to(clips.dtype) @ clips, dim=-1)
        score = (moments @ F.normalize(query, dim=-1)[..., None])[..., 0]
        moment, _ = self.localize(query, index, video, position)
        found = answer_first(moment_spans(spans), score, moment)
        return behind(found, super().candidates(query, index, video, position))

    def losses(
        self, query: Tensor, encoding: VideoEncoding, labels: Tensor, moment: Tensor, epoch: int
    ) -> dict[str, Tensor]:
        """See TrainedModel. The losses are the same in every epoch."""
        recipe = self.recipe
        scores = similarities(query, encoding.video).max(dim=-1).values
        retrieval = retrieval_loss(scores * recipe.retrieval_scale, labels)
        diversity = diversity_loss(encoding.moment_masks, recipe.diversity_alpha)
        relevance = relevance_loss(query, encoding.moments, encoding.overview, labels, recipe.relevance_margin)
        total = (
            recipe.retrieval_weight * retrieval
            + recipe.diversity_weight * diversity
            + recipe.relevance_weight * relevance
        )
        return {"retrieval": retrieval, "diversity": diversity, "relevance": relevance, "total": total}


def in_float64(module: nn.Module, features: Tensor) -> Tensor:
    """Compute `module(features)` in float64, under autocast too; the weights keep their dtype and get gradients."""
    weights = {name: weight.double() for name, weight in module.named_parameters()}
    return torch.func.functional_call(module, weights, features.double())


def log_masks(spans: Tensor, clips: int) -> Tensor:
    """Compute the logarithms of the Gaussian masks around spans (B, H, 2), over N = `clips` clips -> (B, H, N).

    The maximum of each row is 0. To subtract the maximum of the logarithms is what the paper writes as a division by
    the maximum, but cannot become 0 / 0 where a narrow span lies between two clips.
    """
    centre, width = spans[..., :1], spans[..., 1:]
    time = torch.linspace(0, 1, clips, dtype=spans.dtype, device=spans.device)
    deviation = width.clamp(min=SMALLEST_WIDTH) / DEVIATIONS
    exponent = -((time - centre) / deviation).square() / 2
    return exponent - exponent.amax(dim=-1, keepdim=True)
