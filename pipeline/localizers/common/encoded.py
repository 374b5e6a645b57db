"""The videos of a split or of an index, encoded once by the network of a localizer.

Test: tests/localizers/test_encoded.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pipeline.corpus.clip_times import ClipTimes
from pipeline.corpus.corpus import CorpusVideos
from pipeline.corpus.videos import Videos
from pipeline.localizers.common.interface import TrainedLocalizer

VIDEOS_AT_ONCE = 64


@dataclass(frozen=True)
class EncodedVideos:
    """V videos as the network encoded them, with their ids, in the order of the index.

    vectors: what the network's `encode_video` returns, padded to the same number of clips, on the device of the
    network. counts: (V,) int64, how many clips each video has, and times: when they are, both on the CPU.
    """

    video_ids: list[str]
    vectors: Any
    counts: Tensor
    times: ClipTimes

    @classmethod
    @torch.inference_mode()
    def build(
        cls, network: TrainedLocalizer, parts: Iterable[CorpusVideos], length: int, device: torch.device
    ) -> "EncodedVideos":
        """Encode the videos of all parts, at least one, of which none has more than `length` clips.

        The network is on the device, in evaluation mode.
        """
        ids: list[str] = []
        blocks, counts, times = [], [], []
        for part in parts:
            for rows in torch.arange(len(part.video_ids)).split(VIDEOS_AT_ONCE):
                videos = part.videos.take(rows, length)
                blocks.append(network.encode_video(Videos(*(field.to(device) for field in videos))))
            ids += part.video_ids
            counts.append(part.videos.counts)
            times.append(part.times)
        vectors = type(blocks[0])(*map(torch.cat, zip(*blocks, strict=True)))
        return cls(ids, vectors, torch.cat(counts), ClipTimes(*map(torch.cat, zip(*times, strict=True))))

    def rows(self, video: Tensor) -> Any:
        """Take the vectors of videos (K,) int64."""
        video = video.to(self.vectors[0].device)
        return type(self.vectors)(*(field[video] for field in self.vectors))
