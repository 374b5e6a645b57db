"""A provenance changes with what changes features, and with nothing else."""

import pytest
from helpers.clip import clip_params, write_model

from pipeline.backbones.clip.load import load_clip
from pipeline.backbones.clip.provenance import provenance as clip_provenance
from pipeline.backbones.resnet.params import ResNetParams
from pipeline.backbones.resnet.provenance import provenance as resnet_provenance
from pipeline.backbones.slowfast.params import SlowFastParams
from pipeline.backbones.slowfast.provenance import provenance as slowfast_provenance

SLOWFAST = {
    "sampling": "full_clip", "size": 64, "precision": "float32", "weights": "random",
    "batch_clips": 4,
}  # fmt: skip
RESNET = {
    "sampling": "uniform", "frames_per_second": 3.0, "pooling": "max", "size": 96, "precision": "float32",
    "weights": "random", "batch_frames": 8,
}  # fmt: skip


def slowfast(clip_seconds: float = 1.5, weights: str = "a", **changes):
    return slowfast_provenance(SlowFastParams(**{**SLOWFAST, **changes}), clip_seconds, weights, "decord")


def resnet(clip_seconds: float = 1.5, weights: str = "a", **changes):
    return resnet_provenance(ResNetParams(**{**RESNET, **changes}), clip_seconds, weights, "decord")


@pytest.mark.parametrize(
    "change",
    [
        {"sampling": "published"},
        {"size": 32},
        {"precision": "bfloat16"},
        {"batch_clips": 2},
        {"clip_seconds": 2.0},
        {"weights": "b"},
    ],
)
def test_slowfast_depends_on(change):
    assert slowfast(**change) != slowfast()


@pytest.mark.parametrize(
    "change",
    [
        {"sampling": "published"}, {"size": 32}, {"precision": "bfloat16"}, {"batch_frames": 2}, {"clip_seconds": 2.0},
        {"weights": "b"}, {"pooling": "mean"}, {"frames_per_second": 2.0},
    ],
)  # fmt: skip
def test_resnet_depends_on(change):
    assert resnet(**change) != resnet()


def clip(clip_seconds: float = 1.5, decoder: str = "decord", **changes):
    params = clip_params(**changes)
    return clip_provenance(params, clip_seconds, load_clip(params), decoder)


@pytest.mark.parametrize(
    "change",
    [
        {"precision": "bfloat16"}, {"batch_frames": 2}, {"clip_seconds": 2.0}, {"decoder": "pyav"}, {"pooling": "max"},
        {"frames_per_second": 3.0},
    ],
)  # fmt: skip
def test_clip_depends_on(change):
    assert clip(**change) != clip()


def test_clip_depends_on_the_files_of_a_model_and_not_on_their_place(tmp_path):
    write_model(tmp_path / "a", "clip")
    (tmp_path / "a").rename(tmp_path / "b")
    moved = clip(model=tmp_path / "b")
    write_model(tmp_path / "a", "clip")
    assert clip(model=tmp_path / "a") == moved != clip()
    path = tmp_path / "b" / "preprocessor_config.json"
    path.write_text(path.read_text().replace('"resample": 3', '"resample": 2'))
    assert clip(model=tmp_path / "b") != moved


@pytest.mark.parametrize("change", [{"pooling": "mean"}, {"frames_per_second": 2.0}])
def test_one_frame_a_clip_has_nothing_to_pool(change):
    assert resnet(sampling="middle", **change) == resnet(sampling="middle")


def test_only_published_sampling_scales_and_normalises_otherwise():
    assert slowfast(sampling="published")["scaling"] == resnet(sampling="published")["scaling"] == "bicubic"
    assert resnet(sampling="published")["normalised"] == "l2" and "normalised" not in slowfast(sampling="published")
    for sampling in ("middle", "uniform"):
        assert not {"scaling", "normalised"} & resnet(sampling=sampling).keys()
    assert "scaling" not in slowfast(sampling="full_clip")
