import pytest

from pipeline.core import runtime


@pytest.fixture
def without_fast_cpu(monkeypatch):
    """AMDNET_FAST_CPU=0, as a process that starts with it reads it."""
    monkeypatch.setenv("AMDNET_FAST_CPU", "0")
    runtime.fast_cpu.cache_clear()
    yield
    runtime.fast_cpu.cache_clear()
