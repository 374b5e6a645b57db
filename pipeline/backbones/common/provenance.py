"""The recipe of a visual stream: everything besides the video's bytes that decides its features, and nothing else.

It is part of every store key and of the feature files' attributes. Not in it, because they change nothing on purpose:
threads, folders, and the device. A GPU's rounding differs from a CPU's by about 1e-3 relative before the cut to
float16, so features that must be equal to the bit are computed on one kind of device; every entry of the store names
its own, and a stage says where it mixes them. `precision` is in it: bfloat16 is a choice that only a GPU offers, not
what a GPU does by itself. `batch` is in it because the size of a forward pass moves floats by 1e-7.
How much memory decord may take is not: it decides who decodes a video, and both decoders give the same pictures.

`published` sampling repeats what is known of the tool behind the published TVR features (HERO_Video_Feature_Extractor):
the frames (`pipeline.video.clips`), bicubic scaling, which is the default of ffmpeg's command line, and L2-normalised
ResNet rows. What remains different: its SlowFast weights were Caffe2's, not those of `pretrained`; it took stored
pixels for square, and the stored width and height of a turned video for those shown; its FFmpeg was an older one.
Test: tests/backbones/test_provenance.py.
"""

from typing import Any

from pipeline.core.sections import ResNetParams, SlowFastParams

SLOWFAST_REVISION = 3
RESNET_REVISION = 3
"""Raise a revision when a change of the code changes the features.

3: rows count from the start of the file to the end of the picture, before from its first to its last frame; pixels
that are not square and mirrored videos are shown as they are meant, and both decoders give the same pictures.
"""


def slowfast_recipe(params: SlowFastParams, clip_seconds: float, weights_id: str, decoder: str) -> dict[str, Any]:
    """The recipe of slowfast.h5."""
    return {
        "stream": "slowfast",
        "model": "slowfast_r50_8x8",
        "clip_seconds": clip_seconds,
        "sampling": params.sampling,
        **_scaling(params.sampling),
        "size": params.size,
        "pooling": "none",
        "precision": params.precision,
        "weights": weights_id,
        "batch": params.batch_clips,
        "dtype": "float16",
        "decoder": decoder,
        "revision": SLOWFAST_REVISION,
    }


def resnet_recipe(params: ResNetParams, clip_seconds: float, weights_id: str, decoder: str) -> dict[str, Any]:
    """The recipe of resnet.h5; `pooling` and `frames_per_second` count only where a clip has several frames."""
    several = params.sampling == "uniform"
    recipe = {
        "stream": "resnet",
        "model": "resnet152",
        "clip_seconds": clip_seconds,
        "sampling": params.sampling,
        **_scaling(params.sampling),
        "size": params.size,
        "pooling": params.pooling if several else "none",
        "precision": params.precision,
        "weights": weights_id,
        "batch": params.batch_frames,
        "dtype": "float16",
        "decoder": decoder,
        "revision": RESNET_REVISION,
    }
    if several:
        recipe["frames_per_second"] = params.frames_per_second
    if params.sampling == "published":
        recipe["normalised"] = "l2"
    return recipe


def _scaling(sampling: str) -> dict[str, str]:
    """How pictures are scaled, named where it is not bilinear."""
    return {"scaling": "bicubic"} if sampling == "published" else {}
