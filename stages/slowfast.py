"""Stage `slowfast`: decode every video of the manifest and write its SlowFast features, one row a clip."""

from pipeline.backbones.slowfast.params import SlowFastParams
from pipeline.backbones.slowfast.stream import SlowFastStream
from pipeline.core.cli import run
from pipeline.core.params import load
from pipeline.extraction.stage import run_stage
from pipeline.video.params import DecodeParams


def main() -> None:
    params = load("clip_seconds", DecodeParams, SlowFastParams)
    run_stage("slowfast", lambda: SlowFastStream(params.slowfast, params.clip_seconds, params.decode))


if __name__ == "__main__":
    run(main)
