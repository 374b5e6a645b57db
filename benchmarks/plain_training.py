"""The training loop that one writes first, and that the published models have: it reads everything anew in each epoch.

An item of the data set is a video with its queries. The rows of all videos are in one file, which is opened, sought and
closed for each row; a Python loop averages them to clips, and they are normalised in float64. The tokens are read from
HDF5. A collate function sorts a batch by length and pads it. Frame rows are made for AMDNet too, which does not use
them. The model is ours, with torch's own linear maps and dropout, on whole padded batches.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks import synthetic
from pipeline.corpus.annotated import NO_CLIP
from pipeline.corpus.sampling import slots_of
from pipeline.corpus.videos import Videos
from pipeline.models.common.recipe import GradientRecipe
from pipeline.training.batches import Batch

FRAMES, MOST_TOKENS, EPSILON = 128, 30, 1e-5


class PlainLoop:
    """Makes batches of the same synthetic videos as our loop has, from files that it writes into `folder`."""

    def __init__(self, folder: Path, videos: int, recipe: GradientRecipe, device: torch.device):
        self._device, self._batch_videos = device, recipe.batch_videos
        self._data = PlainVideos(folder, videos, recipe)

    def epoch(self, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield the batches of an epoch, on the device."""
        generator = torch.Generator().manual_seed(hash((seed, epoch)))
        loader = DataLoader(self._data, self._batch_videos, shuffle=True, collate_fn=collate, generator=generator)
        for clips, frames, frame_mask, query, query_mask, labels in loader:
            videos = Videos(clips.to(self._device), frames.to(self._device), frame_mask.to(self._device).bool())
            yield Batch(
                videos,
                query.to(self._device),
                query_mask.to(self._device).bool(),
                torch.tensor(labels).to(self._device),
                torch.full((len(labels), 2), NO_CLIP),  # no model looks at spans
            )


class PlainVideos(Dataset):
    """The data set; an item is the clips (N, D_v) and frame rows (n, D_v) of a video, and the tokens of each query."""

    def __init__(self, folder: Path, videos: int, recipe: GradientRecipe):
        self._path, self._recipe, self._rows = folder / "feature.bin", recipe, []
        with open(self._path, "wb") as file, h5py.File(folder / "query.h5", "w") as texts:
            for number in range(videos):
                rows = synthetic.video(number).numpy()
                first = self._rows[-1][-1] + 1 if self._rows else 0
                self._rows.append(list(range(first, first + len(rows))))
                file.write(rows.tobytes())
                for index, query in enumerate(synthetic.queries(number)):
                    texts[f"{number}#{index}"] = query.numpy()
        self._texts = h5py.File(folder / "query.h5")

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, list[Tensor]]:
        rows = np.array([self._read(row) for row in self._rows[number]])
        clips, frames = averaged(rows, self._recipe.clips), averaged(rows, FRAMES) if len(rows) > FRAMES else rows
        tokens = [normalized(self._texts[f"{number}#{index}"][...]) for index in range(synthetic.QUERIES)]
        if self._recipe.query_form == "sentence":
            tokens = [query.mean(dim=0, keepdim=True) for query in tokens]
        return normalized(clips), normalized(frames), [query[:MOST_TOKENS] for query in tokens]

    def _read(self, row: int) -> np.ndarray:
        with open(self._path, "rb") as file:
            file.seek(row * synthetic.VIDEO_SIZE * 4)
            return np.frombuffer(file.read(synthetic.VIDEO_SIZE * 4), np.float32).astype(np.float64)


def averaged(rows: np.ndarray, slots: int) -> np.ndarray:
    """Average rows (n, D) -> (slots, D), slot after slot."""
    first, count = slots_of(len(rows), slots)
    return np.array(
        [
            rows[start : start + number].mean(axis=0)
            for start, number in zip(first.tolist(), count.tolist(), strict=True)
        ]
    )


def normalized(rows: np.ndarray) -> Tensor:
    """Scale each row to length 1 in float64; the result is a float32 tensor."""
    rows = rows.astype(np.float64)
    return torch.from_numpy(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + EPSILON)).float()


def collate(items: list[tuple[Tensor, Tensor, list[Tensor]]]) -> tuple:
    """Make a batch, the longest video first: clips, frame rows and their mask, tokens and their mask, labels."""
    items.sort(key=lambda item: len(item[1]), reverse=True)
    clips, frames, queries = zip(*items, strict=True)
    labels = [position for position, of_video in enumerate(queries) for _ in of_video]
    return torch.stack(clips), *padded(frames), *padded([query for of_video in queries for query in of_video]), labels


def padded(sequences: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Pad B sequences (n, D) with zeros -> (B, longest, D), and make their mask (B, longest) of 1 and 0."""
    lengths = [len(sequence) for sequence in sequences]
    batch = torch.zeros(len(sequences), max(lengths), sequences[0].shape[1])
    mask = torch.zeros(len(sequences), max(lengths))
    for position, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
        batch[position, :length] = sequence
        mask[position, :length] = 1.0
    return batch, mask
