"""The training loop that one writes first, and that the published models have: every epoch reads everything anew.

A video with its queries is an item of a data set. Its rows come from one file, opened, sought and closed for each of
them; they are averaged to clips in a Python loop and normalised in float64; tokens come from HDF5. A batch is sorted by
length and padded by a collate function. Frames are made for AMDNet too, which does not look at them. The model is ours,
with torch's own linear maps and dropout, on whole padded batches.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks import synthetic
from pipeline.corpus.sampling import slots_of
from pipeline.corpus.videos import Videos
from pipeline.models.common.recipe import GradientRecipe
from pipeline.training.batches import Batch

FRAMES, MOST_TOKENS, EPSILON = 128, 30, 1e-5


class PlainLoop:
    """The same synthetic videos, in files below `folder`, which are written here."""

    def __init__(self, folder: Path, videos: int, recipe: GradientRecipe, device: torch.device):
        self._device, self._batch_videos = device, recipe.batch_videos
        self._data = PlainVideos(folder, videos, recipe)

    def epoch(self, seed: int, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch, on the device."""
        generator = torch.Generator().manual_seed(hash((seed, epoch)))
        loader = DataLoader(self._data, self._batch_videos, shuffle=True, collate_fn=collate, generator=generator)
        for clips, frames, frame_mask, query, query_mask, labels in loader:
            videos = Videos(clips.to(self._device), frames.to(self._device), frame_mask.to(self._device).bool())
            yield Batch(
                videos,
                query.to(self._device),
                query_mask.to(self._device).bool(),
                torch.tensor(labels).to(self._device),
                torch.full((len(labels), 2), torch.nan),  # no model looks at spans
            )


class PlainVideos(Dataset):
    """Item: clips (N, D_v), frames (n, D_v), and the tokens (n, D_q) of every query of one video."""

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
    """(n, D) -> (slots, D), slot after slot."""
    first, count = slots_of(len(rows), slots)
    return np.array(
        [
            rows[start : start + number].mean(axis=0)
            for start, number in zip(first.tolist(), count.tolist(), strict=True)
        ]
    )


def normalized(rows: np.ndarray) -> Tensor:
    """Each row to length 1, in float64, as a float32 tensor."""
    rows = rows.astype(np.float64)
    return torch.from_numpy(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + EPSILON)).float()


def collate(items: list[tuple[Tensor, Tensor, list[Tensor]]]) -> tuple:
    """Items, the longest video first -> clips, padded frames, their mask, padded tokens, their mask, labels."""
    items.sort(key=lambda item: len(item[1]), reverse=True)
    clips, frames, queries = zip(*items, strict=True)
    labels = [position for position, of_video in enumerate(queries) for _ in of_video]
    return torch.stack(clips), *padded(frames), *padded([query for of_video in queries for query in of_video]), labels


def padded(sequences: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Sequences (n, D) copied one by one into zeros (B, longest, D), and their mask (B, longest) of 1 and 0."""
    lengths = [len(sequence) for sequence in sequences]
    batch = torch.zeros(len(sequences), max(lengths), sequences[0].shape[1])
    mask = torch.zeros(len(sequences), max(lengths))
    for position, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
        batch[position, :length] = sequence
        mask[position, :length] = 1.0
    return batch, mask
