"""A little video, a store of its own for every test, and folders to run the stage in."""

from pathlib import Path

import pytest
import yaml
from helpers.recipes import write_recipes
from helpers.shipped import shipped
from helpers.videos import grey_frames, write_video


@pytest.fixture(scope="session")
def two_seconds(tmp_path_factory) -> Path:
    """A video of 2 s."""
    return write_video(tmp_path_factory.mktemp("video") / "two_seconds.mp4", grey_frames(20), fps=10)


@pytest.fixture(autouse=True)
def _own_store(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path_factory.mktemp("store")))


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """workspace(**changes) -> the folder to run stages in, with this project's params.yaml."""

    def make(**changes) -> Path:
        folder = tmp_path / "workspace"
        folder.mkdir(exist_ok=True)
        document = shipped() | {"dataset": "folder"} | changes
        write_recipes(folder)
        (folder / "params.yaml").write_text(yaml.safe_dump(document))
        monkeypatch.chdir(folder)
        monkeypatch.delenv("DVC_ROOT", raising=False)
        return folder

    return make
