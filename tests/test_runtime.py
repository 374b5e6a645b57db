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
