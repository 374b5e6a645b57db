"""Pictures for CLIP and SigLIP, against the model's own image processor on Pillow."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import transformers
from helpers.clip import B32, L14, SIGLIP2, configuration, preprocessing
from PIL import Image

from pipeline.backbones.clip.images import ClipImages
from pipeline.backbones.clip.kinds import kind_of
from pipeline.backbones.clip.preprocessing import Preprocessing, parse_preprocessing
from pipeline.core.errors import PipelineError
from pipeline.video.av_reader import AvReader
from pipeline.video.reader import Request
from pipeline.video.survey import survey

HERE = Path("preprocessor_config.json")
REAL = Path(os.environ.get("AMDNET_REAL_DATA", "/nonexistent"))
KINDS = ("videos_formats/*.m[pk][4v]", "videos_formats/*.webm", "sample_videos/videos/*.mp4")


def parsed(config: Any, **changes: Any) -> Preprocessing:
    content = {**preprocessing(config), **changes}
    return parse_preprocessing(content, config.model_type, config.vision_config.image_size, HERE)


def own_pixels(config: Any, picture: np.ndarray) -> torch.Tensor:
    """(1, 3, side, side): what the model's own image processor makes of a whole picture (H, W, 3)."""
    named = "CLIPImageProcessorPil" if config.model_type == "clip" else "SiglipImageProcessorPil"
    processor = getattr(transformers, named).from_dict(preprocessing(config))
    return processor(Image.fromarray(picture), return_tensors="pt")["pixel_values"]


@cache
def middle_frame(path: Path, short_side: int | None, scaling: str) -> np.ndarray:
    reader = AvReader(Request(path, short_side, scaling, 1, 1 << 30, False))
    try:
        return list(reader.frames([len(reader.timeline.starts) // 2]))[0]
    finally:
        reader.close()


@cache
def one_film_of_each_size() -> list[Path]:
    """The films as they were published, and of those that were scaled to 240 lines the sizes that are new."""
    found: dict[tuple[int, int], Path] = {}
    for path in [path for kind in KINDS for path in sorted(REAL.glob(kind))]:
        seen = survey(path)
        found.setdefault((seen.width, seen.height), path)
    return list(found.values())


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="AMDNET_REAL_DATA does not name the real data")
@pytest.mark.parametrize("name", [B32, L14, SIGLIP2])
def test_real_frames_get_the_vectors_of_the_models_own_processor(name):
    """The decoder scales pictures for CLIP and none for SigLIP, where 0.998 would be the lowest cosine."""
    config = configuration(name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        tower = kind_of(config.model_type).images(config.vision_config)
    preprocess = parsed(config)
    network = ClipImages(tower, config.model_type, preprocess).eval()
    cosines, vectors = {}, []
    for path in one_film_of_each_size():
        seen = survey(path)
        whole = middle_frame(path, None, "bilinear")
        scaled = preprocess.square(middle_frame(path, preprocess.short_side, preprocess.scaling))
        with torch.inference_mode():
            output = tower(pixel_values=own_pixels(config, whole))
            reference = output.image_embeds if config.model_type == "clip" else output.pooler_output
            vectors.append(F.normalize(reference, dim=1))
            cosines[path.name, seen.width, seen.height] = float(
                (network(torch.from_numpy(scaled.copy())[None]) * vectors[-1]).sum()
            )
    between = torch.cat(vectors) @ torch.cat(vectors).T
    print(name, cosines, "between films: lowest", float(between.min()), "mean", float(between.mean()))
    assert {(136, 240), (360, 240), (426, 240), (564, 240)} < {tuple(size) for _, *size in cosines}
    assert min(cosines.values()) > 0.999
    assert float(between.min()) < 0.99  # else any picture would do


@pytest.mark.parametrize("name", ["clip", "siglip"])
@pytest.mark.parametrize("shape", [(32, 39), (32, 57), (90, 32), (32, 32), (20, 45)])
def test_pixels_are_those_of_the_models_own_processor(name, shape):
    """CLIP's from pictures as they are decoded, with margins of both parities."""
    config = configuration(name)
    if name == "clip" and min(shape) != 32:
        pytest.skip("the decoder has scaled its short side")
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    preprocess = parsed(config)
    tower = _Pixels()
    square = preprocess.square(picture)
    assert square.shape == (32, 32, 3) and square.dtype == np.uint8
    ClipImages(tower, name, preprocess)(torch.from_numpy(square.copy())[None])
    # a picture is rounded to whole levels after it is scaled, where Pillow rounds once more in between
    torch.testing.assert_close(tower.seen, own_pixels(config, picture), atol=2.1 / 255 / 0.26, rtol=0)
    assert float((tower.seen - own_pixels(config, picture)).abs().mean()) < 0.1 / 255 / 0.26


class _Pixels(torch.nn.Module):
    """A tower that keeps what it is given."""

    def forward(self, pixel_values, return_dict):
        self.seen = pixel_values
        vectors = pixel_values.flatten(1)
        return transformers.utils.ModelOutput(image_embeds=vectors, pooler_output=vectors)


def test_values_come_from_the_file():
    config = configuration("clip")
    found = parsed(config, size=48, resample=2, image_mean=[0.1, 0.2, 0.3], image_std=[0.4, 0.5, 0.6])
    assert found == Preprocessing(48, 32, "bilinear", 1 / 255, [0.1, 0.2, 0.3], [0.4, 0.5, 0.6])
    assert parsed(configuration("siglip")) == Preprocessing(None, 32, "bilinear", 1 / 255, [0.5] * 3, [0.5] * 3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": 48, "crop_size": 40}, "32 x 32"),
        ({"size": 24}, "32 x 32"),
        ({"size": {"longest_edge": 32}}, "32 x 32"),
        ({"do_center_crop": False}, "32 x 32"),
        ({"size": "large"}, "large"),
        ({"resample": 1}, "resample"),
        ({"do_normalize": False}, "do_normalize"),
        ({"image_mean": [0.5, 0.5]}, "image_mean"),
        ({"image_std": [0.5, 0.0, 0.5]}, "image_std"),
        ({"image_std": "a"}, "a"),
        ({"rescale_factor": float("nan")}, "rescale_factor"),
        ({"feature_extractor_type": "ViTFeatureExtractor"}, "ViTFeatureExtractor"),
        ({"image_processor_type": "SiglipImageProcessor"}, "SiglipImageProcessor"),
        ({"image_processor_type": 3}, ""),
    ],
)
def test_what_cannot_be_repeated_is_refused(changes, said):
    with pytest.raises(
        PipelineError, match="preprocessor_config.json: this preprocessing cannot be repeated"
    ) as caught:
        parsed(configuration("clip"), **changes)
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [[], "text", None, 3])
def test_a_file_of_something_else_is_refused(content):
    with pytest.raises(PipelineError, match="cannot be repeated"):
        parse_preprocessing(content, "clip", 32, HERE)
