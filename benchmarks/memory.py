"""Measures the peak memory of extraction for a video of a minute and one of an hour, which must be nearly the same.

    python -m benchmarks.memory --stream resnet --size 64

The long video repeats the packets of the short one. A process of its own extracts each; the peaks of that process and
of its decoding processes, as the kernel counted them, are added. The pictures are small, so that an hour of them is
decoded soon.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import psutil

from benchmarks.machine import machine
from benchmarks.videos import generate
from benchmarks.vit_b32 import write_vit_b32


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the peak memory of a short and a long video's extraction.")
    parser.add_argument("--stream", choices=["slowfast", "resnet", "clip"], default="resnet")
    parser.add_argument(
        "--size", type=int, default=64, help="pixels of the short side (default: %(default)s); 224 of CLIP"
    )
    parser.add_argument("--repeat", type=int, default=60, help="minutes of the long video (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (short,) = generate(Path(folder), 1, 60, (320, 180))
        chosen = str(write_vit_b32(Path(folder) / "vit_b32") if options.stream == "clip" else options.size)
        peaks = {}
        for name, path in (("short", short), ("long", repeated(Path(folder) / "long.mp4", short, options.repeat))):
            command = [
                sys.executable,
                "-m",
                f"{__package__}.memory_of_one",
                options.stream,
                chosen,
                str(path),
            ]
            peaks[name] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    total = {name: sum(parts) for name, parts in peaks.items()}
    found, side = machine(), 224 if options.stream == "clip" else options.size
    print(
        f"{options.stream} {side} px, MiB of process and decoders: 1 minute {peaks['short']}, "
        f"{options.repeat} minutes {peaks['long']}: {total['long'] / total['short']:.3f} times the memory "
        f"({found['machine']}; commit {found['commit']})"
    )


def repeated(path: Path, source: Path, times: int) -> Path:
    """Write a file that shows `source` so many times in a row; nothing is decoded or encoded."""
    with av.open(str(path), "w") as target:
        stream, shift = None, 0
        for _ in range(times):
            with av.open(str(source)) as container:
                stream = stream or target.add_stream_from_template(container.streams.video[0])
                length = container.streams.video[0].duration
                for packet in container.demux(video=0):
                    if packet.dts is not None:
                        packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                        target.mux(packet)
            shift += length
    return path


def peaks_of(processes: list[psutil.Process]) -> list[int]:
    """Read the peak memory of each process, in MiB."""
    texts = [Path(f"/proc/{process.pid}/status").read_text() for process in processes]
    return [peak_of(text) for text in texts]


def peak_of(status: str) -> int:
    """Find the peak memory, in MiB, in the text of a process's /proc/<pid>/status."""
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024


if __name__ == "__main__":
    main()
