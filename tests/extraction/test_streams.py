"""The real streams on little videos: shapes, pooling, and features that depend on the video alone."""

import json
import pickle
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from helpers.clip import clip_params, write_model
from helpers.numbered import numbered_frames
from helpers.streams import corpus
from helpers.videos import write_video

from pipeline.backbones.clip.stream import ClipStream
from pipeline.backbones.resnet.params import ResNetParams
from pipeline.backbones.resnet.stream import ResNetStream
from pipeline.backbones.slowfast.params import SlowFastParams
from pipeline.backbones.slowfast.stream import SlowFastStream, centre_crop
from pipeline.core.errors import PipelineError
from pipeline.extraction.run import run
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.video.decode import open_video
from pipeline.video.params import DecodeParams

DECODE = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)


def slowfast_stream(sampling: str = "full_clip", clip_seconds: float = 1.5) -> SlowFastStream:
    params = SlowFastParams(sampling=sampling, size=32, precision="float32", weights="random", batch_clips=2)
    return SlowFastStream(params, clip_seconds, DECODE)


def resnet_stream(sampling: str = "middle", pooling: str = "max", clip_seconds: float = 1.5) -> ResNetStream:
    return ResNetStream(
        ResNetParams(
            sampling=sampling, frames_per_second=3.0, pooling=pooling, size=32, precision="float32", weights="random",
            batch_frames=4,
        ),
        clip_seconds, DECODE,
    )  # fmt: skip


def clip_stream(model: Path | str = "random", pooling: str = "mean", clip_seconds: float = 1.5) -> ClipStream:
    return ClipStream(clip_params(model, pooling=pooling), clip_seconds, DECODE)


@pytest.fixture(scope="session")
def siglip(tmp_path_factory) -> Path:
    """The folder of a tiny SigLIP, whose pictures are squeezed and not cropped."""
    folder = tmp_path_factory.mktemp("siglip")
    write_model(folder, "siglip")
    return folder


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))


@pytest.fixture(scope="session")
def films(tmp_path_factory) -> list[Path]:
    """Three wide videos of 2 to 5 s."""
    folder = tmp_path_factory.mktemp("films")
    frames = [np.pad(frame, ((0, 0), (10, 10), (0, 0))) for frame in numbered_frames(50)]
    return [write_video(folder / f"film{k}.mp4", frames[: 20 + 15 * k], 10) for k in range(3)]


@pytest.mark.parametrize(
    ("stream", "size"),
    [
        (slowfast_stream, 2304),
        (lambda: slowfast_stream("published"), 2304),
        (resnet_stream, 2048),
        (lambda: resnet_stream("uniform", "mean"), 2048),
        (lambda: resnet_stream("published"), 2048),
        (clip_stream, 64),
    ],
)
def test_every_clip_gets_one_row(films, tmp_path, stream, size):
    stream = stream()
    run(stream, corpus(films), tmp_path, 0.0)
    published = stream.name == "resnet" and stream.provenance["sampling"] == "published"
    clips = [1, 2, 3] if published else [2, 3, 4]
    with FeatureFile(tmp_path / f"{stream.name}.h5") as file:
        assert [file[path.stem].shape for path in films] == [(count, size) for count in clips]
        assert file["film0"].dtype == np.float16
        assert json.loads(file.provenance["recipe"]) == stream.provenance


@pytest.mark.slow
@pytest.mark.parametrize("stream", [slowfast_stream, lambda: resnet_stream("uniform"), clip_stream])
def test_neighbours_and_threads_change_no_byte(films, tmp_path, stream, monkeypatch):
    rows = []
    threads = torch.get_num_threads()
    try:
        for name, corpus_of, count in (("all", films, 2), ("alone", films[1:2], 1)):
            monkeypatch.setenv("AMDNET_STORE", str(tmp_path / name))
            torch.set_num_threads(count)
            chosen = stream()
            run(chosen, corpus(corpus_of), tmp_path / name, 0.0)
            with FeatureFile(tmp_path / name / f"{chosen.name}.h5") as file:
                rows.append(file["film1"].tobytes())
    finally:
        torch.set_num_threads(threads)
    assert rows[0] == rows[1]


def test_published_resnet_rows_have_norm_1(films, tmp_path):
    run(resnet_stream("published"), corpus(films), tmp_path, 0.0)
    with FeatureFile(tmp_path / "resnet.h5") as file:
        norms = [np.linalg.norm(file[path.stem].astype(np.float32), axis=1) for path in films]
    np.testing.assert_allclose(np.concatenate(norms), 1, atol=1e-3)


def test_published_pictures_are_scaled_bicubically_which_only_pyav_does(films, tmp_path):
    stream = resnet_stream("published")
    assert run(stream, corpus(films[:1]), tmp_path, 0.0)["decoders"] == {"decord": 0, "pyav": 1}
    with av.open(str(films[0])) as container:
        frame = list(container.decode(video=0))[15]
    wanted, other = (
        frame.reformat(26, 16, "rgb24", interpolation=name).to_ndarray().astype(int) for name in ("BICUBIC", "BILINEAR")
    )
    with open_video(films[0], 16, "pyav", DECODE, scaling=stream.scaling) as reader:
        (picture,) = reader.frames([15])
    assert np.abs(picture - wanted).mean() < 0.1 < 1 < np.abs(picture - other).mean()


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_a_clips_frames_are_pooled(pooling):
    rows = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
    pooled = resnet_stream("uniform", pooling).pool(rows, [1, 3, 2])
    expected = [getattr(part, pooling)(axis=0) for part in (rows[:1], rows[1:4], rows[4:])]
    np.testing.assert_allclose(pooled, expected, rtol=1e-6)


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_clip_rows_have_norm_1_after_pooling(films, tmp_path, siglip, pooling):
    """A clip of 1.5 s has three of two frames a second, and each frame's vector has norm 1 before they are pooled."""
    rows = []
    for model in ("random", siglip):
        stream = clip_stream(model, pooling)
        run(stream, corpus(films), tmp_path, 0.0)
        with FeatureFile(tmp_path / "clip.h5") as file:
            rows += [file[path.stem].astype(np.float32) for path in films]
            assert file["film2"].shape[1] == (64 if model == "random" else 32)
    np.testing.assert_allclose(np.concatenate([np.linalg.norm(each, axis=1) for each in rows]), 1, atol=1e-3)
    vectors = np.eye(4, dtype=np.float32)
    pooled = clip_stream(pooling=pooling).pool(vectors, [1, 3])
    np.testing.assert_allclose(pooled, [vectors[0], vectors[1:].sum(0) / 3**0.5], atol=1e-6)


def test_clip_is_pickled_as_its_parameters(siglip):
    stream = clip_stream(siglip)
    again = pickle.loads(pickle.dumps(stream))
    assert again.provenance == stream.provenance and len(pickle.dumps(stream)) < 2000


def test_the_crop_is_the_centre():
    picture = np.arange(7 * 12 * 3).reshape(7, 12, 3)
    assert np.array_equal(centre_crop(picture, 6), picture[0:6, 3:9])


@pytest.mark.parametrize("stream", [slowfast_stream, resnet_stream])
def test_published_sampling_with_other_clips_is_refused(stream):
    with pytest.raises(PipelineError, match="clip_seconds"):
        stream(sampling="published", clip_seconds=2.0)
