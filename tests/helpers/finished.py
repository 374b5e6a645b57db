"""A tiny project in which the pipeline has run, made once for all processes that run tests."""

import fcntl
import os
import shutil

import pytest
from helpers.project import TINY, TINY_RECIPE, Project


def finished(factory: pytest.TempPathFactory, name: str) -> Project:
    """A project of its own, named so, with TINY and TINY_RECIPE, in which `dvc repro` has ended.

    The first who asks runs the pipeline, the others wait for it; each gets a copy.
    """
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made, ended = shared / "finished", shared / "finished.ended"
    with open(shared / "finished.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ended.exists():
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            Project(made, TINY, TINY_RECIPE).repro()
            ended.touch()
    return Project.at(shutil.copytree(made, factory.mktemp(name) / "copy", symlinks=True))
