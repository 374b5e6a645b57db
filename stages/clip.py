"""Stage `clip`: decode every video of the manifest and write its CLIP or SigLIP features, one row a clip."""

from pipeline.backbones.clip.params import ClipParams
from pipeline.backbones.clip.stream import ClipStream
from pipeline.core.cli import run
from pipeline.core.params import load
from pipeline.extraction.stage import run_stage
from pipeline.video.params import DecodeParams


def main() -> None:
    params = load("clip_seconds", DecodeParams, ClipParams)
    run_stage("clip", lambda: ClipStream(params.clip, params.clip_seconds, params.decode))


if __name__ == "__main__":
    run(main)
