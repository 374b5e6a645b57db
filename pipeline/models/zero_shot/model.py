"""The model that needs no training: a video's score is the largest cosine of its clips with the sentence.

It is for features of one space, in which clips and sentences can be compared as they are, such as those of the two
towers of CLIP. Nothing is fitted, so it needs no queries and no labels, and where a model is trained on the same
features, it is the baseline to beat.

The moment is the run of clips around the best one whose similarity stays high. CLIP gives any sentence and any picture
much the same cosine, so what is high is told by the video itself: above its mean similarity by `moment_share` of what
the best clip is. The mean, and not the least, is where the scale starts, because one black frame would move the least.
Tests: tests/models/test_zero_shot.py, test_interface.py.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.corpus.videos import Videos
from pipeline.models.common.correlation import mean_token
from pipeline.models.common.interface import NO_MOMENT, RetrievalModel, Scores, similarities
from pipeline.models.common.runs import answer_first, run_similarities
from pipeline.models.zero_shot.recipe import ZeroShotRecipe

PEAKS = 16
"""How many runs of a video, each around a clip that is better than its neighbours, are candidates at most."""
NUMBERS_AT_ONCE = 1 << 24
"""How many numbers of clips are gathered at a time, so that long videos take no more memory than short ones."""


class VideoEncoding(NamedTuple):
    """B videos: clips (B, L, D) as they are, and mask (B, L) bool, false at padding."""

    clips: Tensor
    mask: Tensor


class VideoIndex(NamedTuple):
    """B videos ready for queries: clips (B, N, D), each of length 1, 0 at padding, and spans (B, 0, 2).

    mask: (B, N) bool, false at padding, N = `recipe.clips`.
    """

    clips: Tensor
    mask: Tensor
    spans: Tensor


class ZeroShot(RetrievalModel):
    """Compares clips (D) and sentences (D) of one space; it has no weights, and max_query_tokens is not used.

    Raises PipelineError where a clip's vector and a sentence's are not of one size.
    """

    recipe: ZeroShotRecipe

    def __init__(self, video_size: int, query_size: int, recipe: ZeroShotRecipe, max_query_tokens: int = 30):
        super().__init__(video_size, recipe)
        if video_size != query_size:
            raise PipelineError(
                f"a row of a video has {video_size} numbers, and a sentence {query_size}: they cannot be compared",
                where="outputs/features",
                fix="use features of videos and sentences that one model made, or a model that is trained",
            )

    def encode_video(self, videos: Videos) -> VideoEncoding:
        """See RetrievalModel."""
        return VideoEncoding(videos.frames, videos.frame_mask)

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """See RetrievalModel."""
        return mean_token(query, mask)

    def index(self, encoding: VideoEncoding) -> VideoIndex:
        """See RetrievalModel."""
        clips = F.normalize(encoding.clips, dim=-1).masked_fill(~encoding.mask[..., None], 0.0)
        more = self.recipe.clips - encoding.mask.shape[1]
        padded = F.pad(clips, (0, 0, 0, more)), F.pad(encoding.mask, (0, more))
        return VideoIndex(*padded, clips.new_empty(len(clips), 0, 2))

    def score(self, query: Tensor, index: VideoIndex) -> Scores:
        """See RetrievalModel. The similarity is -inf at padding."""
        similarity = similarities(F.normalize(query, dim=-1), index.clips).masked_fill_(~index.mask, -torch.inf)
        return Scores(similarity.amax(dim=-1), similarity)

    def clip_similarities(self, query: Tensor, index: VideoIndex, video: Tensor) -> Tensor:
        """See RetrievalModel."""
        at_once = max(1, NUMBERS_AT_ONCE // index.clips[0].numel())
        parts = zip(F.normalize(query, dim=-1).split(at_once), video.split(at_once), strict=True)
        cosine = torch.cat([torch.linalg.vecdot(index.clips[of], asked[:, None]) for asked, of in parts])
        return cosine.masked_fill(~index.mask[video], -torch.inf)

    def runs(self, query: Tensor, index: VideoIndex, video: Tensor) -> Tensor:
        """See RetrievalModel."""
        return run_similarities(query, index.clips[video], index.mask[video].sum(dim=1))

    def localize(self, query: Tensor, index: VideoIndex, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """See RetrievalModel. The answer is the run around the best clip."""
        similarity = self.clip_similarities(query, index, video)
        return torch.full_like(position, NO_MOMENT), self._runs_around(similarity, position[:, None])[:, 0]

    def candidates(self, query: Tensor, index: VideoIndex, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """See RetrievalModel. The candidates are the runs around the clips that no neighbour is better than.

        The score is the similarity of that clip. Clips below the mean of the video are none.
        """
        similarity = self.clip_similarities(query, index, video)
        beside = F.pad(similarity, (1, 1), value=-torch.inf)
        is_peak = (similarity >= beside[:, :-2]) & (similarity >= beside[:, 2:])
        score = similarity.masked_fill(~is_peak | (similarity < _mean(similarity)), -torch.inf)
        score, peak = score.topk(min(PEAKS, score.shape[1]), dim=1)
        spans = self._runs_around(similarity, torch.cat([position[:, None], peak], dim=1))
        score = torch.cat([score[:, :1], score.masked_fill(peak == position[:, None], -torch.inf)], dim=1)
        return answer_first(spans, score, torch.zeros_like(position))

    def _runs_around(self, similarity: Tensor, clip: Tensor) -> Tensor:
        """Find the runs around P clips of each of K videos -> (K, P, 2), shares of the axis of the N clips.

        similarity: (K, N), -inf at padding. clip: (K, P) int64. A run has at least its clip.
        """
        mean = _mean(similarity)
        number = torch.arange(similarity.shape[1], device=clip.device)
        runs = []
        for around in clip.split(1, dim=1):
            low = similarity < mean + self.recipe.moment_share * (similarity.gather(1, around) - mean)
            start = torch.where(low & (number < around), number + 1, 0).amax(dim=1)
            end = torch.where(low & (number > around), number, len(number)).amin(dim=1)
            runs.append(torch.stack([start, end], dim=-1))
        return torch.stack(runs, dim=1) / len(number)


def _mean(similarity: Tensor) -> Tensor:
    """Average the similarities (K, N) of each video over its clips -> (K, 1); they are -inf at padding."""
    there = similarity.isfinite()
    return similarity.masked_fill(~there, 0.0).sum(dim=1, keepdim=True) / there.sum(dim=1, keepdim=True).clamp(min=1)
