"""Reads a split as one writes it first: every video and query as tensors of its own, then all of them stacked."""

from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import torch
from torch import Tensor

from pipeline.corpus.sampling import l2_normalize, slots_of


class PlainCorpus(NamedTuple):
    """A split: clips (V, N, D_v), frames (R, D_v) of all videos in turn, query (Q, T, D_q) and its mask (Q, T)."""

    clips: Tensor
    frames: Tensor
    query: Tensor
    query_mask: Tensor


def read(folder: Path, videos: list[str], queries: list[str], clips: int, frames: int) -> PlainCorpus:
    """Read the stream `pack` of the videos, and the tokens of the queries, all normalised.

    clips: N, the clips a video; frames: the most frame rows a video.
    """
    seen, rows_of, tokens = [], [], []
    with h5py.File(folder / "pack.h5") as file:
        for video in videos:
            rows = _rows(file, video)
            seen.append(l2_normalize(_averages(rows, clips)).float())
            kept = rows if len(rows) <= frames else _averages(rows, max(1, frames))
            rows_of.append(l2_normalize(kept[:frames]).float())
    with h5py.File(folder / "query.h5") as file:
        tokens = [l2_normalize(_rows(file, query)).float() for query in queries]
    lengths = torch.tensor([len(token) for token in tokens])
    mask = torch.arange(int(lengths.max())) < lengths[:, None]
    query = torch.nn.utils.rnn.pad_sequence(tokens, batch_first=True)
    return PlainCorpus(torch.stack(seen), torch.cat(rows_of), query, mask)


def _rows(file: h5py.File, id: str) -> Tensor:
    return torch.from_numpy(file[id][()].astype(np.float64))


def _averages(rows: Tensor, slots: int) -> Tensor:
    bounds = zip(*(bound.tolist() for bound in slots_of(len(rows), slots)), strict=True)
    return torch.stack([rows[first : first + count].mean(dim=0) for first, count in bounds])
