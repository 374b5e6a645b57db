"""The provenance of a visual stream: everything besides the video's bytes that decides its features, and nothing else.

It is part of every store key and of the feature files' attributes. Threads, folders and the device are not part of it,
because they are not meant to change features. A GPU rounds differently from a CPU, by about 1e-3 relative before
features are cut to float16, so features that must be equal to the bit are computed on one kind of device. Every entry
of the store names its own device, and a stage says where it mixes two kinds. `precision` is part of it: bfloat16 is a
choice that only a GPU offers, not what a GPU does by itself. `batch` is part of it because the size of a forward pass
changes floats by 1e-7. How much memory decord may take is not: it decides which decoder reads a video, and both
decoders give the same frames.

`published` sampling repeats what is known of the tool behind the published TVR features (HERO_Video_Feature_Extractor):
the choice of frames (`pipeline.video.clips`), bicubic scaling, which is the default of ffmpeg's command line, and
L2-normalised ResNet rows. Some differences remain. The tool used Caffe2's SlowFast weights, which are not those of
`pretrained`; it took stored pixels for square ones, and the stored width and height of a turned video for those on
display; and it used an older FFmpeg. Test: tests/backbones/test_provenance.py.
"""

from pipeline.video.reader import Scaling


def scaling(sampling: str) -> dict[str, Scaling]:
    """Return how frames are scaled, for the provenance; empty for bilinear scaling, which is not named."""
    return {"scaling": "bicubic"} if sampling == "published" else {}
