"""Worker processes give the bytes of one process, survive their workers' deaths, and leave none behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from helpers.clip import clip_params
from helpers.deadly import DeadlyStream, ExitingStream, OtherStream, RaisingStream, StillbornStream, WritingStream
from helpers.executors import extract_inline, two_workers, write_films
from helpers.streams import NumberStream, corpus

from pipeline.backbones.clip.stream import ClipStream
from pipeline.backbones.resnet.params import ResNetParams
from pipeline.backbones.resnet.stream import ResNetStream
from pipeline.backbones.slowfast.params import SlowFastParams
from pipeline.backbones.slowfast.stream import SlowFastStream
from pipeline.core.errors import PipelineError
from pipeline.extraction import process_pool
from pipeline.extraction.executor import outcomes
from pipeline.extraction.run import run
from pipeline.extraction.worker import WorkerConfig, worker_config
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.feature_io.store import Store
from pipeline.video.params import DecodeParams

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _processes(tmp_path, monkeypatch):
    two_workers("process", tmp_path / "store", monkeypatch)


@pytest.fixture(scope="session")
def films(tmp_path_factory) -> list[Path]:
    """Five videos of 2 to 6 clips of half a second."""
    return write_films(tmp_path_factory.mktemp("films"), 5)


def test_processes_give_the_bytes_of_one_process(films, tmp_path, monkeypatch):
    metrics = run(NumberStream(), corpus(films), tmp_path, 0.0)
    assert (metrics["videos"], metrics["decoded"], metrics["failed"]) == (5, 5, 0)
    assert metrics["seconds"]["decode"] > 0 and metrics["clips"] == 2 + 3 + 4 + 5 + 6
    assert (tmp_path / "numbers.h5").read_bytes() == extract_inline(
        NumberStream(), corpus(films), tmp_path / "one", monkeypatch
    )
    assert not multiprocessing.active_children()
    again = run(NumberStream(), corpus(films), tmp_path, 0.0)
    assert (again["decoded"], again["reused"]) == (0, 5)


@pytest.mark.parametrize(
    "stream",
    [
        SlowFastStream(
            SlowFastParams(
                sampling="full_clip", size=32, precision="float32", weights="random", batch_clips=2
            ),
            1.5,
            DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024),
        ),
        ResNetStream(
            ResNetParams(
                sampling="uniform", frames_per_second=3.0, pooling="max", size=32, precision="float32",
                weights="random", batch_frames=4,
            ),
            1.5,
            DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024),
        ),
        ClipStream(
            clip_params(),
            1.5,
            DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024),
        ),
    ],
    ids=lambda stream: stream.name,
)  # fmt: skip
def test_the_real_streams_travel_without_their_models(stream, films, tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_WORKERS", "1")
    threads = torch.get_num_threads()
    expected = extract_inline(stream, corpus(films[:2]), tmp_path / "one", monkeypatch)
    assert stream._model, "the model was built here, and must not be sent"
    run(stream, corpus(films[:2]), tmp_path, 0.0)
    assert (tmp_path / f"{stream.name}.h5").read_bytes() == expected
    assert torch.get_num_threads() == threads


def test_unreadable_videos_are_named_as_by_one_process(films, tmp_path, monkeypatch):
    (tmp_path / "text.mp4").write_bytes(b"no video\n" * 40)
    videos = corpus([*films[:2], tmp_path / "text.mp4", tmp_path / "missing.mp4", tmp_path / "missing2.mp4"])
    failures = run(NumberStream(), videos, tmp_path, 1.0)["failures"]
    assert [failure["video_id"] for failure in failures] == ["missing", "missing2", "text"]
    assert (tmp_path / "numbers.h5").read_bytes() == extract_inline(
        NumberStream(), videos, tmp_path / "one", monkeypatch
    )


def test_a_worker_killed_once_costs_nothing_but_time(films, tmp_path, monkeypatch, capsys):
    metrics = run(DeadlyStream(4, tmp_path / "killed"), corpus(films), tmp_path, 0.0)
    assert metrics["failed"] == 0 and metrics["decoded"] == 5 and (tmp_path / "killed").exists()
    assert (tmp_path / "numbers.h5").read_bytes() == extract_inline(
        NumberStream(), corpus(films), tmp_path / "one", monkeypatch
    )
    assert "a worker died on film2 (killed by SIGKILL" in capsys.readouterr().err


@pytest.mark.parametrize(("stream", "ending"), [(DeadlyStream(4), "SIGKILL"), (ExitingStream(), "exit status 0")])
def test_a_video_that_ends_its_workers_is_a_failure(stream, ending, films, tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_WORKERS", "1")
    metrics = run(stream, corpus(films), tmp_path, 0.2)
    assert [failure["video_id"] for failure in metrics["failures"]] == ["film2"]
    assert ending in metrics["failures"][0]["cause"] and metrics["videos"] == 4
    with FeatureFile(tmp_path / "numbers.h5") as file:
        assert file.ids() == ["film0", "film1", "film3", "film4"]


def test_workers_that_cannot_start_are_an_error(films, tmp_path):
    with pytest.raises(PipelineError, match="die as they start.*exit status 7"):
        run(StillbornStream(), corpus(films), tmp_path, 1.0)
    assert not multiprocessing.active_children()


def test_a_worker_with_another_provenance_is_refused(films, tmp_path):
    with pytest.raises(PipelineError, match="provenance") as caught:
        run(OtherStream(), corpus(films), tmp_path, 1.0)
    assert "same weights" in caught.value.fix


def test_a_worker_with_other_code_is_refused(films, tmp_path, monkeypatch):
    def of_other_code(*given) -> WorkerConfig:
        config = worker_config(*given)
        other = replace(config.setup, code={"pipeline.nowhere": "0", "pipeline.video.clips": "0"})
        return replace(config, setup=other)

    monkeypatch.setattr(process_pool, "worker_config", of_other_code)
    with pytest.raises(PipelineError, match="not the driver's: pipeline.nowhere, pipeline.video.clips\n") as caught:
        run(NumberStream(), corpus(films), tmp_path, 1.0)
    assert "same code" in caught.value.fix and not list((tmp_path / "store").rglob("*.safetensors"))


@pytest.mark.parametrize(("error", "raised"), [(PipelineError, PipelineError), (ZeroDivisionError, RuntimeError)])
def test_an_error_that_is_no_videos_fault_ends_the_run(error, raised, films, tmp_path):
    with pytest.raises(
        raised, match="weights are bad" if error is PipelineError else "ZeroDivisionError: no such luck"
    ):
        run(RaisingStream(error), corpus(films), tmp_path, 1.0)
    assert not multiprocessing.active_children()


def test_closing_ends_the_workers_and_leaves_no_half_written_file(films, tmp_path):
    folder = tmp_path / "folder"
    running = outcomes(corpus(films), WritingStream(folder), Store(tmp_path / "store", "numbers"))
    next(running)
    while not folder.exists() or not list(folder.iterdir()):
        time.sleep(0.01)
    running.close()
    assert not multiprocessing.active_children() and not list(folder.iterdir())


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_no_worker_outlives_its_driver(sent, films, tmp_path, monkeypatch):
    script = (
        "import sys; from pathlib import Path; from helpers.streams import NumberStream, corpus\n"
        "from pipeline.extraction.run import run\n"
        "run(NumberStream(pause=0.2), corpus(map(Path, sys.argv[2:])), Path(sys.argv[1]), 0.0)"
    )
    driver = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "ended"), *map(str, films)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        stderr=subprocess.DEVNULL,
    )
    while driver.poll() is None and not list((tmp_path / "store").glob("numbers/*/*.safetensors")):
        time.sleep(0.01)
    children = psutil.Process(driver.pid).children(recursive=True)
    assert len(children) >= 2
    driver.send_signal(sent)
    driver.wait()
    psutil.wait_procs(children, timeout=30)
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]

    metrics = run(NumberStream(), corpus(films), tmp_path, 0.0)
    assert metrics["reused"] >= 1
    assert (tmp_path / "numbers.h5").read_bytes() == extract_inline(
        NumberStream(), corpus(films), tmp_path / "one", monkeypatch
    )


@pytest.mark.parametrize(
    ("device", "gpus", "named", "expected"),
    [
        (None, 3, None, ["cuda:0", "cuda:1", "cuda:2"]),
        (None, 2, "4", ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]),
        ("cuda:1", 3, None, ["cuda:1"]),
        ("cpu", 3, "2", ["cpu", "cpu"]),
    ],
)
def test_the_slots_have_the_gpus_in_turn(device, gpus, named, expected, monkeypatch, tmp_path):
    for name, value in (("AMDNET_DEVICE", device), ("AMDNET_WORKERS", named)):
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(process_pool, "ProcessHandle", lambda config: config.setup.environment["AMDNET_DEVICE"])
    pool = process_pool.ProcessPool(NumberStream(), Store(tmp_path, "numbers"))
    assert [pool.start(slot) for slot in range(pool.size)] == expected


def test_cpu_workers_share_the_threads(monkeypatch, tmp_path):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(process_pool, "ProcessHandle", lambda config: config.setup.threads)
    for named, size, threads in (("3", 3, 2), ("16", 16, 1), (None, 8, 1)):
        monkeypatch.setenv("AMDNET_WORKERS", named) if named else monkeypatch.delenv("AMDNET_WORKERS")
        pool = process_pool.ProcessPool(NumberStream(), Store(tmp_path, "numbers"))
        assert (pool.size, pool.start(0)) == (size, threads)
