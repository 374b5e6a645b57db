"""Experiments whose results the README shows, and what renders them. Tests: tests/benchmarks."""
