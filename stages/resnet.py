"""Stage `resnet`: decode every video of the manifest and write its ResNet-152 features, one row a clip."""

from pipeline.backbones.resnet.params import ResNetParams
from pipeline.core.cli import run
from pipeline.core.params import load
from pipeline.extraction.stage import run_stage
from pipeline.video.params import DecodeParams


def main() -> None:
    params = load("clip_seconds", DecodeParams, ResNetParams)

    def build():
        from pipeline.backbones.resnet.stream import ResNetStream  # here, since it loads torch

        return ResNetStream(params.resnet, params.clip_seconds, params.decode)

    run_stage("resnet", build)


if __name__ == "__main__":
    run(main)
