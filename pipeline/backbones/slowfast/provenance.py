"""What decides the features of the stream `slowfast`; see pipeline/backbones/common/provenance.py.

Test: tests/backbones/test_provenance.py.
"""

from typing import Any

from pipeline.backbones.common.provenance import scaling
from pipeline.backbones.slowfast.params import SlowFastParams

REVISION = 3
"""To be raised when a change of the code changes the features.

3: rows count from the start of the file to the end of the picture, and no longer from the first to the last frame.
Pixels that are not square and mirrored videos are shown as they are meant, and both decoders give the same frames.
"""


def provenance(params: SlowFastParams, clip_seconds: float, weights_id: str, decoder: str) -> dict[str, Any]:
    """Return the provenance of slowfast.h5."""
    return {
        "stream": "slowfast",
        "model": "slowfast_r50_8x8",
        "clip_seconds": clip_seconds,
        "sampling": params.sampling,
        **scaling(params.sampling),
        "size": params.size,
        "pooling": "none",
        "precision": params.precision,
        "weights": weights_id,
        "batch": params.batch_clips,
        "dtype": "float16",
        "decoder": decoder,
        "revision": REVISION,
    }
