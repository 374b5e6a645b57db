"""Tells how much memory a dataset of an HDF5 file takes to be read, before it is read.

HDF5 unpacks a whole chunk in memory, of whatever size the file says. Test: tests/packs/test_arrays.py.
"""

import math

import h5py

MOST_CHUNKS = 1 << 20
"""HDF5 looks each of them up by itself: more of them, all absent, would take minutes."""


def check_size(dataset: h5py.Dataset, most: int) -> None:
    """Raise ValueError where the dataset, or one of its chunks, has more than `most` bytes, or it has too many chunks.

    The shape is multiplied in whole numbers of any size: h5py's own product may wrap around.
    """
    one = dataset.dtype.itemsize
    if math.prod(dataset.shape) * one > most:
        raise ValueError(f"shape {dataset.shape} is more than the {most:,} bytes it may have")
    if chunk := dataset.chunks:
        if math.prod(chunk) * one > most:
            raise ValueError(f"chunks of shape {chunk} are more than the {most:,} bytes they may have")
        if math.prod(math.ceil(length / part) for length, part in zip(dataset.shape, chunk, strict=True)) > MOST_CHUNKS:
            raise ValueError(f"more than {MOST_CHUNKS:,} chunks, of shape {chunk}")
