"""Makes videos to measure on: a texture pans and a square jumps, so that an encoder has something to do."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np

FPS = 30
HD = (1280, 720)


def generate(folder: Path, count: int, seconds: float, size: tuple[int, int] = HD) -> list[Path]:
    """Write `count` different h264 files of `size` (width, height), 30 frames a second, in x264's GOPs of 250."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"generated{number}.mp4" for number in range(count)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda number: _write(paths[number], round(seconds * FPS), size, number), range(count)))
    return paths


def _write(path: Path, frames: int, size: tuple[int, int], seed: int) -> None:
    width, height = size
    side = height // 4
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (height // 8 + 1, 2 * width // 8, 3), dtype=np.uint8)
    texture = np.kron(coarse, np.ones((8, 8, 1), np.uint8))[:height]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        stream.codec_context.thread_count = 1
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(frames):
            picture = np.roll(texture, -3 * index, axis=1)[:, :width].copy()
            if index % FPS == 0:
                top, left = random.integers(0, height - side), random.integers(0, width - side)
            picture[top : top + side, left : left + side] = index % 256
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
