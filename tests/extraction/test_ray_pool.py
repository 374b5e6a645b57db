"""Ray actors give the bytes of inline, on one machine and on two of which one is lost.

Needs the optional package ray; skips without it.
"""

import os
import sys
import threading
import time
from pathlib import Path

import pytest
from helpers.deadly import DeadlyStream, RaisingStream
from helpers.executors import extract_inline, two_workers, write_films
from helpers.ray_here import ray_here
from helpers.streams import NumberStream, corpus

from pipeline.core.errors import PipelineError
from pipeline.extraction.run import run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ray():
    with ray_here() as module:
        yield module


@pytest.fixture(autouse=True)
def _actors(tmp_path, monkeypatch):
    two_workers("ray", tmp_path / "store", monkeypatch)


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> list[Path]:
    """Six videos of 2 to 7 clips of half a second."""
    return write_films(tmp_path_factory.mktemp("films"), 6)


@pytest.fixture
def expected(films, tmp_path, monkeypatch) -> bytes:
    """The bytes that one process gives."""
    return extract_inline(NumberStream(), corpus(films), tmp_path / "one", monkeypatch)


@pytest.fixture(scope="module")
def local(ray):
    """Ray on this machine, started by the test, so that the tests share it."""
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


class WhereStream(NumberStream):
    """Leaves a file named by its process in `folder` for every video."""

    def __init__(self, folder: Path, pause: float = 0.0):
        super().__init__(pause=pause)
        self.folder = folder

    def pool(self, rows, counts):
        (self.folder / str(os.getpid())).touch()
        return super().pool(rows, counts)


def test_two_actors_give_the_bytes_of_one_process(local, films, expected, tmp_path):
    (tmp_path / "where").mkdir()
    metrics = run(WhereStream(tmp_path / "where", pause=0.1), corpus(films), tmp_path, 0.0)
    assert (metrics["videos"], metrics["decoded"], metrics["failed"]) == (6, 6, 0)
    assert metrics["seconds"]["forward"] > 0.1 * 6
    assert (tmp_path / "numbers.h5").read_bytes() == expected
    pids = [int(path.name) for path in (tmp_path / "where").iterdir()]
    assert len(pids) == 2 and os.getpid() not in pids


def test_an_actor_killed_once_costs_nothing_but_time(local, films, expected, tmp_path):
    metrics = run(DeadlyStream(4, tmp_path / "killed"), corpus(films), tmp_path, 0.0)
    assert metrics["failed"] == 0 and (tmp_path / "killed").exists()
    assert (tmp_path / "numbers.h5").read_bytes() == expected


def test_a_video_that_kills_its_actors_is_a_failure(local, films, tmp_path):
    metrics = run(DeadlyStream(4), corpus(films), tmp_path, 1.0)
    assert [failure["video_id"] for failure in metrics["failures"]] == ["film2"]


def test_an_error_that_is_no_videos_fault_arrives_whole(local, films, tmp_path):
    with pytest.raises(PipelineError, match="weights.pth: the weights are bad") as caught:
        run(RaisingStream(PipelineError), corpus(films), tmp_path, 1.0)
    assert caught.value.fix == "take others"


class LostStream(NumberStream):
    """Never finishes a video on the machine `doomed`; `begun` says that it began one, and the other waits for that."""

    def __init__(self, doomed: str, begun: Path):
        super().__init__()
        self.doomed, self.begun = doomed, begun

    def pool(self, rows, counts):
        if sys.modules["ray"].get_runtime_context().get_node_id() == self.doomed:
            self.begun.touch()
            time.sleep(600)
        until = time.monotonic() + 120
        while not self.begun.exists() and time.monotonic() < until:
            time.sleep(0.05)
        return super().pool(rows, counts)


def test_two_machines_of_which_one_is_lost(ray, films, expected, tmp_path, monkeypatch, capsys):
    from ray.cluster_utils import Cluster

    ray.shutdown()  # the one that the tests above share
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        doomed = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        monkeypatch.setenv("RAY_ADDRESS", cluster.address)
        begun = tmp_path / "begun"

        def lose() -> None:
            while not begun.exists():
                time.sleep(0.05)
            cluster.remove_node(doomed, allow_graceful=False)

        loss = threading.Thread(target=lose, daemon=True)
        loss.start()
        metrics = run(LostStream(doomed.node_id, begun), corpus(films), tmp_path, 0.0)
        loss.join(timeout=60)
        assert begun.exists(), "the second machine had no work"
    finally:
        cluster.shutdown()
    assert not ray.is_initialized(), "the run leaves the cluster it joined"
    assert (metrics["videos"], metrics["decoded"], metrics["failed"]) == (6, 6, 0)
    assert (tmp_path / "numbers.h5").read_bytes() == expected
    assert "a worker died on film" in capsys.readouterr().err


def test_without_ray_the_error_says_how_to_get_it(films, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PipelineError, match="not installed") as caught:
        run(NumberStream(), corpus(films[:1]), tmp_path, 0.0)
    assert "requirements-ray.txt" in caught.value.fix and "AMDNET_EXECUTOR=process" in caught.value.fix
