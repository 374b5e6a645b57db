"""Stage `resnet`: decode every video of the manifest and write its ResNet-152 features, one row a clip."""

from pathlib import Path

from pipeline.cli import run
from pipeline.extraction.resnet import ResNetStream
from pipeline.extraction.run import run as extract
from pipeline.features.unused import write_unused
from pipeline.manifest import read_videos
from pipeline.params import load


def main() -> None:
    params = load("clip_seconds", "decode", "resnet")
    videos = read_videos("outputs/manifest/videos.jsonl")
    if not any(video.path for video in videos):
        write_unused("outputs/features", "resnet", "no video has a file: the features come from a feature pack")
        return
    stream = ResNetStream(params.resnet, params.clip_seconds, params.decode)
    extract(stream, videos, Path("outputs/features"), params.resnet.max_failed_fraction)


if __name__ == "__main__":
    run(main)
