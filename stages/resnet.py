"""Stage `resnet`: decode every video of the manifest and write its ResNet-152 features, one row a clip."""

from pipeline.cli import run
from pipeline.extraction.resnet import ResNetStream
from pipeline.extraction.stage import run_stage
from pipeline.params import load


def main() -> None:
    params = load("clip_seconds", "decode", "resnet")
    run_stage(
        "resnet",
        lambda: ResNetStream(params.resnet, params.clip_seconds, params.decode),
        params.resnet.max_failed_fraction,
    )


if __name__ == "__main__":
    run(main)
