"""Extracts one video with one stream; prints the peak memory of this process and of each decoding process, in MiB."""

import json
import os
import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.memory import peaks_of
from pipeline.backbones.clip.params import ClipParams
from pipeline.backbones.clip.stream import ClipStream
from pipeline.backbones.resnet.params import ResNetParams
from pipeline.backbones.resnet.stream import ResNetStream
from pipeline.backbones.slowfast.params import SlowFastParams
from pipeline.backbones.slowfast.stream import SlowFastStream
from pipeline.core.content_hash import content_sha256
from pipeline.core.manifest import Video
from pipeline.core.params import load
from pipeline.extraction.run import run
from pipeline.video.params import DecodeParams

SCHEMAS = {"slowfast": SlowFastParams, "resnet": ResNetParams, "clip": ClipParams}
STREAMS = {"slowfast": SlowFastStream, "resnet": ResNetStream, "clip": ClipStream}

if __name__ == "__main__":
    name, chosen, path = sys.argv[1:]
    params = load("clip_seconds", DecodeParams, SCHEMAS[name])
    update = {"model": chosen} if name == "clip" else {"size": int(chosen)}
    section = getattr(params, name).model_copy(update=update)
    stream = STREAMS[name](section, params.clip_seconds, params.decode)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AMDNET_STORE"] = f"{folder}/store"
        run(stream, [Video("video", path, content_sha256(Path(path)), 0.0, ("train",))], Path(folder), 0.0)
    here = psutil.Process()
    print(json.dumps(peaks_of([here, *here.children()])))
