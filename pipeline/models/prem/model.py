"""The retriever of PREM, partial relevance enhancement (Zhang et al., ICMR 2024, arXiv 2402.13576).

A video is stored as its clips, at most `recipe.clips` of them, and each clip as two vectors, of what is seen and of
what is said in it. A query has two vectors too, one to compare with each. A video's score is the mean of two cosines,
that with the clip that shows best what is asked for and that with the clip, maybe another one, that says it best. A
corpus without subtitles has one modality instead of two. The authors published no code; what the paper leaves open is
as in its relatives CONQUER and XML.
Tests: tests/models/test_prem.py (against the numbers of the relatives' code), test_interface.py.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.corpus.annotated import NO_CLIP
from pipeline.corpus.videos import Videos
from pipeline.models.common.blocks import Projection
from pipeline.models.common.correlation import mean_token
from pipeline.models.common.interface import Scores, TrainedModel, similarities
from pipeline.models.common.runs import run_similarities
from pipeline.models.common.two_modal import SUBTITLE, ModalPooling, TwoModalEncoder, WordEncoder, silence
from pipeline.models.prem.losses import LOWEST, best_clips, query_to_video_loss, video_to_query_loss, within_moment
from pipeline.models.prem.recipe import PremRecipe
from pipeline.ops import in_parts

INNER = 4
"""How many times `hidden` the units between the two maps of a Transformer layer are, as published."""


class VideoEncoding(NamedTuple):
    """B encoded videos: clips (B, M, L, d), in each of M modalities, and mask (B, L) bool, false at padding."""

    clips: Tensor
    mask: Tensor


class VideoIndex(NamedTuple):
    """B videos ready for queries: clips (B, M, N, d), each vector of length 1, 0 at padding, and spans (B, 0, 2).

    mask: (B, N) bool, false at padding, N = `recipe.clips`.
    """

    clips: Tensor
    mask: Tensor
    spans: Tensor


class Prem(TrainedModel):
    """PREM's retriever.

    video_size, query_size, subtitle_size: D_v, D_q and D_s, the sizes of the features; D_s = 0 for a corpus without
    subtitles. max_query_tokens: the most tokens a query may have, which is how many rows the table of query positions
    has. Raises PipelineError where the recipe asks for subtitles alone and there are none.
    """

    recipe: PremRecipe

    def __init__(
        self, video_size: int, query_size: int, recipe: PremRecipe, max_query_tokens: int = 30, subtitle_size: int = 0
    ):
        super().__init__(video_size, recipe)
        if recipe.modality == "subtitle" and not subtitle_size:
            raise PipelineError(
                "the recipe says `modality: subtitle`, and the data set has no subtitles",
                where="recipes/prem.yaml",
                fix="say `modality: visual` there, or add subtitles to the data set",
            )
        sizes = {"both": (video_size, subtitle_size), "visual": (video_size, 0), "subtitle": (subtitle_size, 0)}
        self.sizes = sizes[recipe.modality]
        layer = (recipe.hidden, recipe.heads, INNER * recipe.hidden, recipe.input_dropout, recipe.dropout)
        self.words = WordEncoder(query_size, max_query_tokens, *layer)
        first, second = self.sizes
        self.clips = TwoModalEncoder(first, second, recipe.clips, *layer)
        self.modalities = 2 if second else 1
        self.said_like_asked = second == query_size
        if recipe.pooling == "specific":
            self.pooling = ModalPooling(recipe.hidden, self.modalities)

    def encode_video(self, videos: Videos) -> VideoEncoding:
        """See RetrievalModel; L is the number of clips of the longest video."""
        if self.recipe.modality == "subtitle":
            features = videos.subtitle
        else:
            seen = self.standardize(videos.frames)
            features = torch.cat([seen, videos.subtitle], dim=-1) if self.modalities > 1 else seen
        mask = videos.frame_mask
        return VideoEncoding(self._clips(features, mask)[:, :, : mask.shape[1]], mask)

    @in_parts
    def _clips(self, features: Tensor, mask: Tensor) -> Tensor:
        """Encode the features of the modalities, side by side in (B, L, D) -> (B, M, N, d), N = `recipe.clips`."""
        encoded = self.clips(*features.split(self.sizes, dim=-1), mask)
        return F.pad(encoded, (0, 0, 0, self.recipe.clips - mask.shape[1]))

    @in_parts
    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """Encode the tokens (Q, T, D_q) of Q queries -> (Q, M, d); mask: (Q, T) bool, false at padding."""
        tokens = self.words(query, mask)
        if self.recipe.pooling == "specific":
            return self.pooling(tokens, mask)
        if self.recipe.pooling == "mean":
            pooled = mean_token(tokens, mask)
        else:
            pooled = tokens.masked_fill(~mask[..., None], LOWEST).amax(dim=1)
        return pooled[:, None].repeat(1, self.modalities, 1)

    def index(self, encoding: VideoEncoding) -> VideoIndex:
        """See RetrievalModel."""
        mask = encoding.mask
        clips = _unit(encoding.clips).masked_fill(~mask[:, None, :, None], 0.0)
        more = self.recipe.clips - mask.shape[1]
        return VideoIndex(F.pad(clips, (0, 0, 0, more)), F.pad(mask, (0, more)), clips.new_empty(len(clips), 0, 2))

    def score(self, query: Tensor, index: VideoIndex) -> Scores:
        """See RetrievalModel. The similarity of a clip is the mean of its cosines; it is LOWEST at padding."""
        with _in_full_precision(query):
            # Both vectors of a query with both of a clip: to take the clips of a modality apart would copy the index.
            pairs = similarities(_unit(query).flatten(0, 1), index.clips.flatten(0, 1))
        pairs = pairs.view(len(query), self.modalities, len(index.mask), self.modalities, -1)
        cosines = pairs.diagonal(dim1=1, dim2=3).movedim(-1, 0)
        return Scores(best_clips(cosines, index.mask), cosines.mean(dim=0).masked_fill(~index.mask, LOWEST))

    def search_vectors(self, index: VideoIndex) -> Tensor:
        """See RetrievalModel. The modalities of a clip side by side; the best clip of each may be another one."""
        return index.clips.transpose(1, 2).flatten(2)

    def search_query(self, query: Tensor) -> Tensor:
        """See RetrievalModel."""
        return _unit(query).flatten(1)

    def runs(self, query: Tensor, index: VideoIndex, video: Tensor) -> Tensor:
        """See RetrievalModel. The score is the mean over the modalities, as that of a clip."""
        pairs, counts = zip(query.unbind(1), index.clips[video].unbind(1), strict=True), index.mask[video].sum(dim=1)
        return torch.stack([run_similarities(*of_modality, counts) for of_modality in pairs]).mean(dim=0)

    def projections(self) -> tuple[list[Projection], list[Projection]]:
        """See TrainedModel. Words that are said enter like words that are asked, where both have the same size."""
        seen, *said = self._video_projections()
        return [seen], [self.words.projection, *(said if self.said_like_asked else [])]

    def _video_projections(self) -> list[Projection]:
        return [module for module in self.clips.projections if isinstance(module, Projection)]

    @torch.no_grad()
    def pass_through(self) -> None:
        """See TrainedModel. Subtitles of another size than the queries' tokens say the same in every clip."""
        super().pass_through()
        silence(self)
        if self.modalities > 1 and not self.said_like_asked:
            said = self._video_projections()[SUBTITLE].linear
            said.weight.zero_()
            # Not all alike, which LayerNorm would make a vector of length 0.
            said.bias.copy_(torch.linspace(1, 2, len(said.bias)))

    def losses(
        self, query: Tensor, encoding: VideoEncoding, labels: Tensor, moment: Tensor, epoch: int
    ) -> dict[str, Tensor]:
        """See TrainedModel. They are the same in every epoch.

        Beside them are two shares of the queries: `without_span`, whose moment is not known, and `past_the_last_clip`,
        whose moment begins after the clips that are read of a video that was cut. The scores of both count with the
        best clip of the whole video, and they have no `weak` loss.
        """
        recipe, mask = self.recipe, encoding.mask
        cosines = _cosines(query, encoding.clips)
        scores = best_clips(cosines, mask) / recipe.temperature
        rows, of_video = torch.arange(len(labels), device=labels.device), mask[labels]
        own = cosines[:, rows, labels]
        inside, known = within_moment(of_video, moment)
        outside = of_video & ~inside
        positive = best_clips(own, inside if recipe.positive == "moment" else of_video) / recipe.temperature
        weak = query_to_video_loss(best_clips(own, outside) / recipe.temperature, scores, labels)
        has_weak = outside.any(dim=1)
        terms = {
            "strong": query_to_video_loss(positive, scores, labels).mean(),
            "weak": torch.where(has_weak, weak, 0.0).sum() / has_weak.sum().clamp(min=1),
            "video_to_query": video_to_query_loss(positive, scores, labels).mean(),
        }
        total = terms["strong"] + recipe.weak_weight * terms["weak"] + terms["video_to_query"]
        unknown = moment[:, 0] == NO_CLIP
        shares = {"without_span": unknown, "past_the_last_clip": ~known & ~unknown}
        return {**terms, **{name: queries.to(total.dtype).mean() for name, queries in shares.items()}, "total": total}


def _unit(vectors: Tensor) -> Tensor:
    """Scale vectors (..., d) to length 1, in float32 at least."""
    return F.normalize(vectors.to(torch.promote_types(vectors.dtype, torch.float32)), dim=-1)


def _in_full_precision(tensor: Tensor) -> torch.autocast:
    # Divided by the temperature, a cosine that was rounded to bfloat16 would be wrong by a half.
    return torch.autocast(tensor.device.type, enabled=False)


def _cosines(query: Tensor, clips: Tensor) -> Tensor:
    """Compute the cosines of queries (Q, M, d) with clips (B, M, L, d) -> (M, Q, B, L)."""
    # oneDNN takes several times as long for the gradients of rows that are not side by side in memory.
    pairs = zip(_unit(query).transpose(0, 1).contiguous(), _unit(clips).unbind(1), strict=True)
    with _in_full_precision(query):
        return torch.stack([similarities(*of_modality) for of_modality in pairs])
