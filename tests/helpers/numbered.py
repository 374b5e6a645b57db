"""Videos whose pictures show their own frame number, so that a test sees which frame it was given."""

from collections.abc import Iterable

import numpy as np

_SIDE, _BLOCK = 32, 8  # 4 x 4 blocks: 16 bits


def numbered_frame(number: int) -> np.ndarray:
    """(32, 32, 3) uint8: the number's bits as black and white blocks."""
    bits = (number >> np.arange(16)) & 1
    blocks = np.where(bits, 235, 20).astype(np.uint8).reshape(4, 4)
    return np.repeat(np.kron(blocks, np.ones((_BLOCK, _BLOCK), np.uint8))[..., None], 3, axis=2)


def numbered_frames(count: int) -> list[np.ndarray]:
    """Frames 0 ... count - 1."""
    return [numbered_frame(number) for number in range(count)]


def number_of(frame: np.ndarray) -> int:
    """The number a picture of 32 px (short side, centred) shows."""
    top, left = (frame.shape[0] - _SIDE) // 2, (frame.shape[1] - _SIDE) // 2
    square = frame[top : top + _SIDE, left : left + _SIDE].mean(axis=2)
    blocks = square.reshape(4, _BLOCK, 4, _BLOCK).mean(axis=(1, 3)).reshape(16)
    return int(((blocks > 127) << np.arange(16)).sum())


def numbers_of(frames: Iterable[np.ndarray]) -> list[int]:
    """The numbers of several pictures."""
    return [number_of(frame) for frame in frames]
