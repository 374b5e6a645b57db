"""What decides the features of the stream `clip`; see pipeline/backbones/common/provenance.py.

Test: tests/backbones/test_provenance.py.
"""

from dataclasses import asdict
from typing import Any

from pipeline.backbones.clip.load import ClipModel
from pipeline.backbones.clip.params import ClipParams

REVISION = 2
"""To be raised when a change of the code changes the features of pictures."""

SHOWN = ("hidden_size", "num_hidden_layers", "num_attention_heads", "patch_size", "hidden_act", "layer_norm_eps")


def provenance(params: ClipParams, clip_seconds: float, model: ClipModel, decoder: str) -> dict[str, Any]:
    """Return the provenance of clip.h5.

    Where a model comes from is no part of it: `weights` is the hash of its file, or names the seed of random ones.
    """
    return {
        "stream": "clip",
        "model": model.kind,
        "clip_seconds": clip_seconds,
        "frames_per_second": params.frames_per_second,
        "pooling": params.pooling,
        "precision": params.precision,
        "weights": model.weights,
        "architecture": {name: getattr(model.config.vision_config, name) for name in SHOWN},
        "preprocessing": asdict(model.preprocessing),
        "batch": params.batch_frames,
        "dtype": "float16",
        "decoder": decoder,
        "revision": REVISION,
    }
