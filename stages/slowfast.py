"""Stage `slowfast`: decode every video of the manifest and write its SlowFast features, one row a clip."""

from pathlib import Path

from pipeline.cli import run
from pipeline.extraction.run import run as extract
from pipeline.extraction.slowfast import SlowFastStream
from pipeline.features.unused import write_unused
from pipeline.manifest import read_videos
from pipeline.params import load


def main() -> None:
    params = load("clip_seconds", "decode", "slowfast")
    videos = read_videos("outputs/manifest/videos.jsonl")
    if not any(video.path for video in videos):
        write_unused("outputs/features", "slowfast", "no video has a file: the features come from a feature pack")
        return
    stream = SlowFastStream(params.slowfast, params.clip_seconds, params.decode)
    extract(stream, videos, Path("outputs/features"), params.slowfast.max_failed_fraction)


if __name__ == "__main__":
    run(main)
