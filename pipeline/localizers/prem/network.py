"""The network of PREM's localizer: where in a video is what a query says? Start and end of the moment, by logits.

Source: PREM (Zhang et al., ICMR 2024, arXiv 2402.13576), section 4; no code of it was published, so where the paper is
silent its relative CONQUER is followed. Tests: tests/localizers/test_prem_network.py.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.corpus.videos import Videos
from pipeline.localizers.common.interface import Boundaries, TrainedLocalizer
from pipeline.localizers.common.spans import ClipSpans
from pipeline.localizers.prem.adversarial import SpanClassifier, classification_loss, spans_to_judge
from pipeline.localizers.prem.fusion import FusionLayer, Gates
from pipeline.localizers.prem.heads import PADDED, BoundaryHead, masked, shared_norm
from pipeline.localizers.prem.ranking import joint, spans_of
from pipeline.localizers.prem.recipe import PremLocalizerRecipe
from pipeline.models.common.blocks import Attention, Projection, Standardize
from pipeline.models.common.two_modal import ModalPooling, TwoModalEncoder, WordEncoder, silence


class VideoEncoding(NamedTuple):
    """B encoded videos: clips (B, M, L, d), mapped as the gates need them, and their mask (B, L), false at padding."""

    clips: Tensor
    mask: Tensor


class QueryEncoding(NamedTuple):
    """Q encoded queries: words (Q, T, d), their mask (Q, T), false at padding, and a vector a modality (Q, M, d).

    Without gates there are no such vectors: (Q, 0).
    """

    words: Tensor
    mask: Tensor
    pooled: Tensor


class PremLocalizer(TrainedLocalizer):
    """Encodes videos and queries apart, gates the clips by the query, fuses them with the words, and finds boundaries.

    video_size, query_size, subtitle_size: D_v, D_q and D_s, the sizes of the features; D_s = 0 for a corpus without
    subtitles, which gives M = 1 modality instead of 2. max_query_tokens: the most tokens a query.
    """

    recipe: PremLocalizerRecipe

    def __init__(
        self,
        video_size: int,
        query_size: int,
        recipe: PremLocalizerRecipe,
        max_query_tokens: int,
        subtitle_size: int = 0,
    ):
        super().__init__()
        self.recipe = recipe
        hidden, modalities = recipe.hidden, 2 if subtitle_size else 1
        layer = (hidden, recipe.heads, recipe.inner)
        dropouts = (recipe.input_dropout, recipe.dropout)
        self.standardize = Standardize(video_size)
        self.video_encoder = TwoModalEncoder(video_size, subtitle_size, recipe.clips, *layer, *dropouts)
        self.word_encoder = WordEncoder(query_size, max_query_tokens, *layer, *dropouts)
        if recipe.gates != "none":
            self.pooling = ModalPooling(hidden, modalities)
        self.gates = Gates(hidden, modalities, recipe.gates)
        self.fusion = nn.ModuleList(FusionLayer(*layer, recipe.dropout) for _ in range(recipe.layers))
        self.start, self.end = BoundaryHead(hidden), BoundaryHead(hidden)
        if recipe.adversarial_weight:
            self.classifier = SpanClassifier(*layer, recipe.dropout)
        self.said_like_asked = subtitle_size == query_size

    def encode_video(self, videos: Videos) -> VideoEncoding:
        """See TrainedLocalizer."""
        clips = self.video_encoder(self.standardize(videos.frames), videos.subtitle, videos.frame_mask)
        return VideoEncoding(self.gates.mapped(clips), videos.frame_mask)

    def encode_query(self, query: Tensor, mask: Tensor) -> QueryEncoding:
        """See TrainedLocalizer."""
        words = self.word_encoder(query, mask)
        pooled = words.new_empty(len(words), 0) if self.recipe.gates == "none" else self.pooling(words, mask)
        return QueryEncoding(words, mask, pooled)

    def boundaries(self, query: QueryEncoding, video: VideoEncoding) -> Boundaries:
        """See TrainedLocalizer. Padding after the longest of the videos costs no time."""
        longest = int(video.mask.sum(dim=1).max())
        cut = VideoEncoding(video.clips[:, :, :longest], video.mask[:, :longest])
        found = self._boundaries(self._fused(query, cut), cut.mask)
        padding = (0, video.mask.shape[1] - longest)
        return Boundaries(*(F.pad(logits, padding, value=PADDED) for logits in found))

    def best_spans(self, boundaries: Boundaries, mask: Tensor) -> ClipSpans:
        """See TrainedLocalizer."""
        return spans_of(boundaries, mask, self.recipe)

    def joint(self, retrieval: Tensor, score: Tensor) -> Tensor:
        """See TrainedLocalizer."""
        return joint(retrieval, score, self.recipe)

    def _fused(self, query: QueryEncoding, video: VideoEncoding) -> Tensor:
        """Fuse Q queries with r videos each, those of the first query first -> (Q r, L, d), zero at padding."""
        clips = self.gates(video.clips, query.pooled)
        for layer in self.fusion:
            clips = layer(clips, video.mask, query.words, query.mask)
        return clips.masked_fill(~video.mask[..., None], 0)

    def _boundaries(self, fused: Tensor, mask: Tensor) -> Boundaries:
        return masked(self.start(fused), self.end(fused), mask)

    def losses(self, query: Tensor, mask: Tensor, videos: Videos, moment: Tensor) -> dict[str, Tensor]:
        """See TrainedLocalizer."""
        video = self.encode_video(videos)
        fused = self._fused(self.encode_query(query, mask), video)
        boundaries = self._boundaries(fused, video.mask)
        terms = {
            name: shared_norm(logits, clip)
            for name, logits, clip in zip(("start", "end"), boundaries, moment.unbind(1), strict=True)
        }
        total = terms["start"] + terms["end"]
        if weight := self.recipe.adversarial_weight:
            terms["adversarial"] = self._adversarial(fused, video.mask, boundaries, moment)
            total = total + weight * terms["adversarial"]
        return {**terms, "total": total}

    def _adversarial(self, fused: Tensor, mask: Tensor, boundaries: Boundaries, moment: Tensor) -> Tensor:
        """Compute the loss of the classifier of spans."""
        recipe = self.recipe
        spans, right = spans_to_judge(boundaries, mask, moment, recipe.min_clips, recipe.max_clips)
        query = torch.div(spans.video, len(mask) // len(moment), rounding_mode="floor")
        logits = self.classifier(fused, mask, spans)
        return classification_loss(logits, right, query, len(moment), recipe.adv_reduction)

    def projections(self) -> tuple[list[Projection], list[Projection]]:
        """See TrainedLocalizer. Words that are said enter like words that are asked, where both have the same size."""
        seen, *said = (module for module in self.video_encoder.projections if isinstance(module, Projection))
        return [seen], [self.word_encoder.projection, *(said if self.said_like_asked else [])]

    @torch.no_grad()
    def pass_through(self) -> None:
        """See TrainedLocalizer. The gated clips of all modalities are added up, and pass through the fusion."""
        silence(self)
        for module in self.modules():
            if isinstance(module, Attention):
                module.output.weight.zero_()
            elif isinstance(module, FusionLayer):
                module.outer.weight.zero_()
        self.gates.pass_through()
