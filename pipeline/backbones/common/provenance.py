"""The provenance of a visual stream: everything besides the video's bytes that decides its features, and nothing else.

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


def scaling(sampling: str) -> dict[str, str]:
    """How pictures are scaled, named where it is not bilinear."""
    return {"scaling": "bicubic"} if sampling == "published" else {}
