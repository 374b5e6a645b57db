"""What decides the features of the stream `resnet`; see pipeline/backbones/common/provenance.py.

Test: tests/backbones/test_provenance.py.
"""

from typing import Any

from pipeline.backbones.common.provenance import scaling
from pipeline.backbones.resnet.params import ResNetParams

REVISION = 3
"""To be raised when a change of the code changes the features.

3: rows count from the start of the file to the end of the picture, and no longer from the first to the last frame.
Pixels that are not square and mirrored videos are shown as they are meant, and both decoders give the same frames.
"""


def provenance(params: ResNetParams, clip_seconds: float, weights_id: str, decoder: str) -> dict[str, Any]:
    """Return the provenance of resnet.h5.

    `pooling` and `frames_per_second` count only where a clip has several frames; elsewhere the one is `none` and the
    other is left out.
    """
    several = params.sampling == "uniform"
    made = {
        "stream": "resnet",
        "model": "resnet152",
        "clip_seconds": clip_seconds,
        "sampling": params.sampling,
        **scaling(params.sampling),
        "size": params.size,
        "pooling": params.pooling if several else "none",
        "precision": params.precision,
        "weights": weights_id,
        "batch": params.batch_frames,
        "dtype": "float16",
        "decoder": decoder,
        "revision": REVISION,
    }
    if several:
        made["frames_per_second"] = params.frames_per_second
    if params.sampling == "published":
        made["normalised"] = "l2"
    return made
