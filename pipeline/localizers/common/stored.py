"""Saves and opens a localizer for an index: a folder with its network, and with the videos that the network encoded.

A localizer that is not trained has its recipe alone. The network and its configuration are the files that training
wrote; `videos.safetensors` holds the encoded videos in the order of the index. Equal videos and weights give equal
bytes. Test: tests/localizers/test_stored.py.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from pipeline.core.errors import PipelineError
from pipeline.core.files import canonical_json, read_json, sha256_file, sha256_text
from pipeline.corpus.clip_times import ClipTimes
from pipeline.corpus.corpus import CorpusVideos
from pipeline.corpus.videos import Videos
from pipeline.localizers.common import trained
from pipeline.localizers.common.encoded import EncodedVideos
from pipeline.localizers.common.interface import TrainedLocalizer
from pipeline.localizers.common.recipe import LocalizerRecipe
from pipeline.models.common.checkpoint import described_by
from pipeline.retrieval import safetensors_file
from pipeline.retrieval.fields import named, restored
from pipeline.retrieval.storage import FIX

VIDEOS = "videos.safetensors"
VECTORS, TIMES, COUNTS = "vectors.", "times.", "counts"


@dataclass(frozen=True)
class StoredLocalizer:
    """A localizer that was opened; network and videos are None for one that is not trained."""

    name: str
    recipe: LocalizerRecipe
    network: TrainedLocalizer | None
    videos: EncodedVideos | None


def save(folder: Path, source: Path, video_ids: list[str], parts: Iterable[CorpusVideos], device: torch.device) -> None:
    """Write the localizer that training wrote into `source`, with the videos of an index that it encodes, to `folder`.

    video_ids: those of the index. parts: their features in the form that the localizer reads, in the same order; read
    for a trained one alone. Raises PipelineError where they are not of the same videos.
    """
    folder.mkdir(parents=True)
    for name in (trained.CONFIG, trained.WEIGHTS):
        shutil.copyfile(source / name, folder / name)
    config = read_json(source / trained.CONFIG)
    if not trained.is_trained(config["localizer"]):
        return
    network, _ = trained.load(source, device)
    videos = EncodedVideos.build(network, parts, network.recipe.clips, device)
    if videos.video_ids != video_ids:
        raise trained.other_videos(source / trained.CONFIG)
    tensors = {**named(videos.vectors, VECTORS), **named(videos.times, TIMES), COUNTS: videos.counts}
    safetensors_file.write(folder / VIDEOS, tensors, {"of": _fingerprint(folder, video_ids)})


def open_stored(folder: Path, video_ids: list[str], device: torch.device) -> StoredLocalizer:
    """Open the localizer that `save` wrote for the videos of an index, its network on the device.

    The encoded videos are mapped into memory. Raises PipelineError where a file is missing or damaged, and where they
    are not of these videos.
    """
    config = read_json(folder / trained.CONFIG)
    with described_by(folder / trained.CONFIG):
        name, recipe = config["localizer"], trained.recipe_of(config)
    if not trained.is_trained(name):
        return StoredLocalizer(name, recipe, None, None)
    network, config = trained.load(folder, device)
    tensors, metadata = safetensors_file.read(folder / VIDEOS, FIX)
    if metadata.get("of") != _fingerprint(folder, video_ids):
        raise PipelineError("its files are not of one index, or one of them was changed", where=folder, fix=FIX)
    clips, where = network.recipe.clips, folder / VIDEOS
    example = _example(network, config, device)
    vectors = restored(tensors, VECTORS, example, len(video_ids), where, FIX)
    of_clips = ClipTimes(torch.empty(1, clips, 2).double(), torch.empty(1, clips + 1).double())
    times = restored(tensors, TIMES, of_clips, len(video_ids), where, FIX)
    vectors = type(vectors)(*(field.to(device) for field in vectors))
    return StoredLocalizer(name, network.recipe, network, EncodedVideos(video_ids, vectors, tensors[COUNTS], times))


def _fingerprint(folder: Path, video_ids: list[str]) -> str:
    files = [sha256_file(folder / name) for name in (trained.CONFIG, trained.WEIGHTS)]
    return sha256_text(canonical_json([*files, video_ids]))


@torch.inference_mode()
def _example(network: TrainedLocalizer, config: dict, device: torch.device):
    """Encode one video of zeros, to learn which type, dtypes and shapes the encoding of this network has."""
    size, said, clips = config["video_size"], config["subtitle_size"], network.recipe.clips
    frames, subtitle = (torch.zeros(1, clips, width, device=device) for width in (size, said))
    mask = torch.ones(1, clips, dtype=torch.bool, device=device)
    return network.encode_video(Videos(frames[:, :0], frames, mask, subtitle))
