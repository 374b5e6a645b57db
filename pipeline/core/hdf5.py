"""Tells how much memory a dataset of an HDF5 file takes to be read, before it is read.

HDF5 unpacks a whole chunk in memory, of whatever size the file says. Test: tests/packs/test_arrays.py.
"""

import math

import h5py

MOST_CHUNKS = 1 << 20
"""HDF5 looks each of them up by itself: more of them, all absent, would take minutes."""


def check_shape(shape: tuple[int, ...], one: int, most: int) -> None:
    """Raise ValueError where values of `one` bytes each, in this shape, are more than `most` bytes.

    The shape is multiplied in whole numbers of any size: h5py's own product may wrap around.
    """
    if math.prod(shape) * one > most:
        raise ValueError(f"shape {shape} is more than the {most:,} bytes it may have")


def check_size(dataset: h5py.Dataset, most: int) -> None:
    """Raise ValueError where the dataset, or one of its chunks, has more than `most` bytes, or has too many chunks."""
    one = dataset.dtype.itemsize
    check_shape(dataset.shape, one, most)
    if chunk := dataset.chunks:
        if math.prod(chunk) * one > most:
            raise ValueError(f"chunks of shape {chunk} are more than the {most:,} bytes they may have")
        if math.prod(math.ceil(length / part) for length, part in zip(dataset.shape, chunk, strict=True)) > MOST_CHUNKS:
            raise ValueError(f"more than {MOST_CHUNKS:,} chunks, of shape {chunk}")
