"""Ray actors encode the videos of an index to the bytes of one process, also where an actor dies.

Needs the optional package ray; skips without it.
"""

import os
import signal
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from helpers.executors import two_workers
from helpers.ray_here import ray_here
from helpers.untrained import write_inputs

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import read_videos
from pipeline.corpus.corpus import videos_in_parts
from pipeline.corpus.params import FeaturesParams
from pipeline.models.common import checkpoint
from pipeline.retrieval import encoding
from pipeline.retrieval.encoding import encode, encode_on_ray
from stages.index import main

MODEL, FEATURES = Path("outputs/model"), Path("outputs/features")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ray():
    """Ray on this machine, which the tests share."""
    with ray_here() as module:
        module.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield module


@pytest.fixture(autouse=True)
def workspace(ray, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    two_workers("ray", tmp_path / "store", monkeypatch)


def inline(size: int):
    """What this process makes of the videos, so many at a time."""
    model, config = checkpoint.load(MODEL)
    videos, features = read_videos("outputs/manifest/videos.jsonl"), FeaturesParams(**config["features"])
    return list(encode(model, videos_in_parts(videos, FEATURES, features, model.recipe, size), torch.device("cpu")))


@pytest.mark.parametrize("model", ["amdnet", "gmmformer", "ms_sl", "cca", "prem"])
def test_two_actors_give_the_parts_of_one_process_in_their_order(model):
    write_inputs(("test", "train", "val"), model)
    videos = read_videos("outputs/manifest/videos.jsonl")
    for one, other in zip(encode_on_ray(MODEL, FEATURES, videos, 4), inline(4), strict=True):
        assert one.video_ids == other.video_ids and torch.equal(one.durations, other.durations)
        for field, same in zip((*one.times, *one.vectors), (*other.times, *other.vectors), strict=True):
            assert torch.equal(field, same)


def test_the_stage_writes_the_bytes_of_one_process(monkeypatch):
    write_inputs(("test", "train", "val"))
    written = []
    for executor in ("inline", "ray"):
        monkeypatch.setenv("AMDNET_EXECUTOR", executor)
        main()
        files = (path for path in Path("outputs/index").rglob("*") if path.is_file())
        written.append({path.name: path.read_bytes() for path in files})
    assert written[0] == written[1]


class Dying(encoding._Encoder):
    """Kills its process when it first meets the fifth video, and leaves a file."""

    def _encode(self, videos):
        once = self._features / "died"
        if videos[0].video_id == "test4" and not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._encode(videos)


def test_an_actor_that_dies_costs_nothing_but_time(monkeypatch):
    write_inputs(("test", "train", "val"))
    monkeypatch.setattr(encoding, "_Encoder", Dying)
    videos = read_videos("outputs/manifest/videos.jsonl")
    found = list(encode_on_ray(MODEL, FEATURES, videos, 4))
    assert (FEATURES / "died").exists()
    assert [part.video_ids for part in found] == [part.video_ids for part in inline(4)]


def test_damage_is_said_as_it_is_without_ray():
    write_inputs(("test",))
    with h5py.File(FEATURES / "resnet.h5", "r+") as file:
        file["test3"][0] = np.nan
    with pytest.raises(PipelineError, match="test3"):
        main()
