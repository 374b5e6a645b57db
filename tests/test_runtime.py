"""What comes from the environment is checked, and an error names the variable and what it may be."""

import pytest

from pipeline import runtime
from pipeline.errors import PipelineError


def test_one_process_extracts_by_default(monkeypatch):
    monkeypatch.delenv("AMDNET_EXECUTOR", raising=False)
    monkeypatch.delenv("AMDNET_WORKERS", raising=False)
    assert runtime.executor() == "serial" and runtime.workers() is None


@pytest.mark.parametrize("name", ["processes", "", "Ray"])
def test_another_executor_is_an_error_that_names_the_three(name, monkeypatch):
    monkeypatch.setenv("AMDNET_EXECUTOR", name)
    with pytest.raises(PipelineError, match="AMDNET_EXECUTOR.*\n.*serial, process or ray"):
        runtime.executor()


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5", "", "²"])
def test_workers_are_a_whole_number(number, monkeypatch):
    monkeypatch.setenv("AMDNET_WORKERS", number)
    with pytest.raises(PipelineError, match="AMDNET_WORKERS"):
        runtime.workers()


def test_videos_are_decoded_ahead_of_the_model(monkeypatch):
    monkeypatch.delenv("AMDNET_DECODERS", raising=False)
    monkeypatch.setattr(runtime.os, "sched_getaffinity", lambda process: set(range(16)), raising=False)
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
