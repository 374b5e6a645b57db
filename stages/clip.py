"""Stage `clip`: decode every video of the manifest and write its CLIP or SigLIP features, one row a clip."""

from pipeline.backbones.clip.params import ClipParams
from pipeline.core.cli import run
from pipeline.core.params import load
from pipeline.extraction.stage import run_stage
from pipeline.video.params import DecodeParams


def main() -> None:
    params = load("clip_seconds", DecodeParams, ClipParams)

    def build():
        from pipeline.backbones.clip.stream import ClipStream  # here, since it loads torch

        return ClipStream(params.clip, params.clip_seconds, params.decode)

    run_stage("clip", build)


if __name__ == "__main__":
    run(main)
