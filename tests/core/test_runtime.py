"""What comes from the environment is checked, and an error names the variable and what it may be."""

from pathlib import Path

import pytest
import torch

from pipeline.core import runtime
from pipeline.core.errors import PipelineError


def test_one_process_extracts_by_default(monkeypatch):
    monkeypatch.delenv("AMDNET_EXECUTOR", raising=False)
    monkeypatch.delenv("AMDNET_WORKERS", raising=False)
    assert runtime.executor() == "inline" and runtime.workers() is None


@pytest.mark.parametrize("name", ["processes", "", "Ray"])
def test_another_executor_is_an_error_that_names_the_three(name, monkeypatch):
    monkeypatch.setenv("AMDNET_EXECUTOR", name)
    with pytest.raises(PipelineError, match="AMDNET_EXECUTOR.*\n.*inline, process or ray$"):
        runtime.executor()


def test_the_old_name_of_the_inline_executor_is_refused_with_the_new_one(monkeypatch):
    monkeypatch.setenv("AMDNET_EXECUTOR", "serial")
    with pytest.raises(PipelineError, match="inline, process or ray; `serial` is called `inline` now"):
        runtime.executor()


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5", "", "²"])
@pytest.mark.parametrize(
    ("variable", "read"), [("AMDNET_WORKERS", runtime.workers), ("AMDNET_DECODE_THREADS", runtime.decode_threads)]
)
def test_workers_and_threads_are_whole_numbers(variable, read, number, monkeypatch):
    monkeypatch.setenv(variable, number)
    with pytest.raises(PipelineError, match=variable):
        read()


@pytest.mark.parametrize("name", ["gpu", "", "cuda:", "cuda:x", "mps", "CPU"])
def test_another_device_is_an_error_that_names_the_variable(name, monkeypatch):
    monkeypatch.setenv("AMDNET_DEVICE", name)
    with pytest.raises(PipelineError, match="AMDNET_DEVICE.*\n.*cuda"):
        runtime.device()


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    for name in ("cuda", "cuda:1"):
        monkeypatch.setenv("AMDNET_DEVICE", name)
        assert str(runtime.device()) == name
    monkeypatch.setenv("AMDNET_DEVICE", "cuda:2")
    with pytest.raises(PipelineError, match="AMDNET_DEVICE.*finds 2 GPUs"):
        runtime.device()


FOLDERS = pytest.mark.parametrize(
    ("variable", "read"), [("AMDNET_STORE", runtime.store_root), ("AMDNET_CACHE", runtime.weights_cache)]
)


@FOLDERS
def test_a_folder_is_that_of_the_main_checkout_in_every_experiment(variable, read, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "checkout"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    named = {"shared/st": "checkout/shared/st", "~/st": "home/st", str(tmp_path / "st"): "st"}
    for folder, expected in named.items():
        monkeypatch.setenv(variable, folder)
        assert read() == tmp_path / expected
    monkeypatch.delenv(variable)
    assert read() == Path(tmp_path / ("checkout/.store" if variable == "AMDNET_STORE" else "home/.cache/amdnet"))


@FOLDERS
@pytest.mark.parametrize("folder", ["", " ", "~nobody-of-this-name/st"])
def test_a_folder_that_names_none_is_an_error(variable, read, folder, monkeypatch):
    monkeypatch.setenv(variable, folder)
    with pytest.raises(PipelineError, match=variable):
        read()


def test_videos_are_decoded_ahead_of_the_model(monkeypatch):
    monkeypatch.delenv("AMDNET_DECODERS", raising=False)
    monkeypatch.setattr(runtime.os, "sched_getaffinity", lambda process: set(range(16)), raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for device, expected in (("cpu", 4), ("cuda", 15)):
        monkeypatch.setenv("AMDNET_DEVICE", device)
        assert runtime.decoders() == expected
    monkeypatch.setattr(runtime.os, "sched_getaffinity", lambda process: {0}, raising=False)
    assert runtime.decoders() == 2
    monkeypatch.setenv("AMDNET_DECODERS", "7")
    assert runtime.decoders() == 7
    monkeypatch.setenv("AMDNET_DECODERS", "none")
    with pytest.raises(PipelineError, match="AMDNET_DECODERS"):
        runtime.decoders()


@pytest.mark.parametrize(("named", "on"), [(None, True), ("1", True), ("0", False)])
def test_the_fast_cpu_paths_are_on_unless_switched_off(named, on, monkeypatch, fresh_switch):
    monkeypatch.delenv("AMDNET_FAST_CPU", raising=False)
    if named:
        monkeypatch.setenv("AMDNET_FAST_CPU", named)
    assert runtime.fast_cpu() is on


@pytest.mark.parametrize("named", ["", "2", "off", "true"])
def test_another_switch_is_an_error_that_names_the_variable(named, monkeypatch, fresh_switch):
    monkeypatch.setenv("AMDNET_FAST_CPU", named)
    with pytest.raises(PipelineError, match="AMDNET_FAST_CPU.*\n.*use 0 or 1"):
        runtime.fast_cpu()


@pytest.fixture
def fresh_switch():
    """The switch is read once a process; here once a test."""
    runtime.fast_cpu.cache_clear()
    yield
    runtime.fast_cpu.cache_clear()
