"""Stage `slowfast`: decode every video of the manifest and write its SlowFast features, one row a clip."""

from pipeline.backbones.slowfast.params import SlowFastParams
from pipeline.core.cli import run
from pipeline.core.params import load
from pipeline.extraction.stage import run_stage
from pipeline.video.params import DecodeParams


def main() -> None:
    params = load("clip_seconds", DecodeParams, SlowFastParams)

    def build():
        from pipeline.backbones.slowfast.stream import SlowFastStream  # here, since it loads torch

        return SlowFastStream(params.slowfast, params.clip_seconds, params.decode)

    run_stage("slowfast", build)


if __name__ == "__main__":
    run(main)
