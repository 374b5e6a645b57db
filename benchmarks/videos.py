"""Videos to measure on: a texture that pans and a square that jumps, so that an encoder has something to do."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, FPS = 1280, 720, 30


def generate(folder: Path, count: int, seconds: float) -> list[Path]:
    """`count` different h264 files of 1280 x 720 at 30 frames a second, in GOPs of 250 as x264's default has them."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"generated{number}.mp4" for number in range(count)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda number: _write(paths[number], round(seconds * FPS), number), range(count)))
    return paths


def _write(path: Path, frames: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (HEIGHT // 8 + 1, 2 * WIDTH // 8, 3), dtype=np.uint8)
    texture = np.kron(coarse, np.ones((8, 8, 1), np.uint8))[:HEIGHT]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        stream.codec_context.thread_count = 1
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(frames):
            picture = np.roll(texture, -3 * index, axis=1)[:, :WIDTH].copy()
            if index % FPS == 0:
                top, left = random.integers(0, HEIGHT - 200), random.integers(0, WIDTH - 200)
            picture[top : top + 200, left : left + 200] = index % 256
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
