"""Saves and opens an index: a folder that holds all that a search needs, and that can be moved.

`index.safetensors` holds the vectors and the times of the clips, `index.json` the videos in the same order, and
`model.safetensors` with `config.json` the model that made the vectors and encodes the queries. Equal videos and weights
give equal bytes. Test: tests/retrieval/test_storage.py.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipeline.core.errors import MAKE_ANEW, PipelineError
from pipeline.core.files import atomic_path, canonical_json, read_json, sha256_file, sha256_text
from pipeline.core.manifest import Video
from pipeline.corpus.clip_times import ClipTimes
from pipeline.corpus.videos import Videos
from pipeline.models.common import checkpoint
from pipeline.models.common.interface import RetrievalModel
from pipeline.retrieval import safetensors_file
from pipeline.retrieval.fields import named, restored
from pipeline.retrieval.index import Index

FORMAT = 1
HEADER, TENSORS = "index.json", "index.safetensors"
VECTORS, TIMES = "vectors.", "times."
"""The beginnings of the names of the tensors in the file: those of the vectors, and those of the times."""
FIX = f"copy the whole folder anew from where it was made, or there {MAKE_ANEW}"


@dataclass(frozen=True)
class StoredIndex:
    """An index that was opened.

    config: the configuration of the model, as `checkpoint.load` returns it. files: for every video of the index, in the
    same order, the path that the manifest has for it, None where there is no file.
    """

    index: Index
    config: dict[str, Any]
    files: list[str | None]


def save(folder: Path | str, index: Index, config: Mapping[str, Any], videos: Iterable[Video]) -> None:
    """Write an index into `folder`.

    config: the configuration of its model, as `checkpoint.save` takes it. videos: those of the manifest, or at least
    those of the index; their paths and hashes are written too. Where the disk has no room for the vectors, an index
    that is in the folder already stays as it is.
    """
    folder, known = Path(folder), {video.video_id: video for video in videos}
    rows = [
        {"video_id": video_id, "path": known[video_id].path, "sha256": known[video_id].sha256, "seconds": seconds}
        for video_id, seconds in zip(index.video_ids, index.durations.tolist(), strict=True)
    ]
    header = canonical_json({"format": FORMAT, "videos": rows})
    tensors = {**named(index.vectors, VECTORS), **named(index.times, TIMES)}
    safetensors_file.write(folder / TENSORS, tensors, {"of": _fingerprint(sha256_text(header), config, index.model)})
    checkpoint.save(folder, index.model, dict(config))
    with atomic_path(folder / HEADER) as temporary:
        temporary.write_text(header, encoding="utf-8")


def open_index(folder: Path | str, device: torch.device | str = "cpu") -> StoredIndex:
    """Open an index that `save` wrote, with its model on the device.

    On the CPU the vectors are mapped into memory: a search reads from the disk what it uses.

    Raises PipelineError where a file is missing or damaged, where the files are not of one index, or where another
    version of the program wrote them.
    """
    folder = Path(folder)
    if not (folder / HEADER).is_file():
        raise PipelineError(f"there is no index in this folder: it has no {HEADER}", where=folder, fix=FIX)
    header = read_json(folder / HEADER)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise PipelineError("another version of this program wrote the index", where=folder / HEADER, fix=FIX)
    model, config = _load_model(folder, device)
    tensors, metadata = safetensors_file.read(folder / TENSORS, FIX)
    if metadata.get("of") != _fingerprint(sha256_file(folder / HEADER), config, model):
        raise PipelineError("its files are not of one index, or one of them was changed", where=folder, fix=FIX)
    rows, clips = header["videos"], model.recipe.clips
    vectors = restored(tensors, VECTORS, _example(model, config, device), len(rows), folder / TENSORS, FIX)
    of_clips = ClipTimes(torch.empty(1, clips, 2).double(), torch.empty(1, clips + 1).double())
    times = restored(tensors, TIMES, of_clips, len(rows), folder / TENSORS, FIX)
    durations = torch.tensor([row["seconds"] for row in rows], dtype=torch.float64)
    vectors = type(vectors)(*(field.to(device) for field in vectors))
    index = Index(model, [row["video_id"] for row in rows], durations, times, vectors)
    return StoredIndex(index, config, [row["path"] for row in rows])


def fingerprint(folder: Path) -> str:
    """Read what the files of the index in `folder` are tied together with; `open_index` compares it."""
    return safetensors_file.read(folder / TENSORS, FIX)[1].get("of", "")


def _load_model(folder: Path, device: torch.device | str) -> tuple[RetrievalModel, dict[str, Any]]:
    """Call `checkpoint.load`, and let its errors say what to do about an index."""
    try:
        return checkpoint.load(folder, device)
    except PipelineError as error:
        raise PipelineError(error.cause, where=error.where, fix=FIX) from None


def _fingerprint(header: str, config: Mapping[str, Any], model: RetrievalModel) -> str:
    """Hash what ties the files of an index together; header: the hash of its index.json."""
    weights = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        weights.update(name.encode() + tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return sha256_text(canonical_json([header, config, weights.hexdigest()]))


@torch.inference_mode()
def _example(model: RetrievalModel, config: Mapping[str, Any], device: torch.device | str) -> Any:
    """Index one video of zeros, to learn which type, dtypes and shapes the vectors of this model have."""
    clips = 0 if model.recipe.own_pace else model.recipe.clips
    shapes = (clips, config["video_size"]), (1, config["video_size"]), (1, config["subtitle_size"])
    seen, frames, subtitle = (torch.zeros(1, *shape, device=device) for shape in shapes)
    mask = torch.ones(1, 1, dtype=torch.bool, device=device)
    return model.index(model.encode_video(Videos(seen, frames, mask, subtitle)))
