"""A folder data set with real little videos, and a way to read and assemble it."""

import json
import os
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from helpers.recipes import write_recipes
from helpers.sections import prepare_params
from helpers.shipped import shipped
from helpers.videos import grey_frames, write_video

from pipeline.annotations.common.assemble import Assembled, assemble
from pipeline.annotations.common.params import PrepareParams
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.shared_val import leave_out_shared_val
from pipeline.annotations.common.videos import inspect
from pipeline.annotations.folder import reader as folder
from pipeline.scan.listing import list_files
from pipeline.video.params import DecodeParams

PREPARE = prepare_params()
LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)


@pytest.fixture(scope="session")
def two_seconds(tmp_path_factory) -> Path:
    """A video of 2 s."""
    return write_video(tmp_path_factory.mktemp("video") / "two_seconds.mp4", grey_frames(20), fps=10)


def another_copy(video: Path, path: Path) -> None:
    """The same pictures in other bytes: an empty box at the end says where the copy lies."""
    name = path.name.encode()
    path.write_bytes(video.read_bytes() + struct.pack(">I4s", 8 + len(name), b"free") + name)


@pytest.fixture(autouse=True)
def _own_store(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path_factory.mktemp("store")))


@pytest.fixture
def make_folder(tmp_path, two_seconds):
    """make_folder(video_ids, queries) -> a source folder; queries: rows, or the text of queries.jsonl."""

    def make(video_ids: list[str], queries: list[dict] | bytes, name: str = "source") -> Path:
        source = tmp_path / name
        (source / "videos").mkdir(parents=True)
        for video_id in video_ids:
            another_copy(two_seconds, source / "videos" / f"{video_id}.mp4")
        text = queries if isinstance(queries, bytes) else "".join(json.dumps(row) + "\n" for row in queries).encode()
        (source / "queries.jsonl").write_bytes(text)
        return source

    return make


@pytest.fixture
def read_noting():
    """read_noting(source) -> what the reader notes, and what `prepare` makes of it."""

    def read(source: Path, protocol: str = "honest", prepare: PrepareParams = PREPARE) -> tuple[Annotations, Assembled]:
        annotations = folder.read(source, SimpleNamespace(prepare=prepare))
        return annotations, assembled(annotations, protocol, prepare)

    return read


@pytest.fixture
def read_folder(read_noting):
    """read_folder(source) -> what `prepare` makes of it."""
    return lambda *args, **kwargs: read_noting(*args, **kwargs)[1]


def assembled(annotations: Annotations, protocol: str, prepare: PrepareParams) -> Assembled:
    leave_out_shared_val(annotations, protocol)
    files = inspect(annotations, list_files(annotations.source, "folder", LIMITS))
    return assemble(annotations, files, {video_id: video_id for video_id in files}, protocol, prepare)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data."""
    if "AMDNET_REAL_DATA" not in os.environ:
        pytest.skip("AMDNET_REAL_DATA does not name the folder of real data")
    return Path(os.environ["AMDNET_REAL_DATA"])


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """workspace(name, **changes) -> a folder to run the stage in, with a params.yaml of its own."""

    def make(name="workspace", *, max_failed_fraction=0.0, **changes):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        fractions = {"val_fraction": 0.2, "test_fraction": 0.2}
        params = {
            **shipped(),
            "dataset": "folder",
            "source": "../source",
            "model": "amdnet",
            "recipe": "auto",
            "localizer": "moments",
            "localizer_recipe": "auto",
            "protocol": "honest",
            "max_failed_fraction": max_failed_fraction,
            "train": {"seed": 0, "shuffle_queries": False, "reuse": "none"},
            "features": {"streams": "auto", "normalize": "standard"},
            "decode": {
                "deadline_floor": 60.0,
                "deadline_factor": 4.0,
                "max_ahead_mib": 1024,
                "order": ["decord", "pyav"],
            },
            "prepare": {
                **fractions,
                "split_seed": 0,
                "max_seconds": "auto",
                "subtitle_language": "auto",
                "video_ids": "name",
            },
            "pack": {"video_features": "auto", "query_features": "auto", "row_seconds": 1.5},
            "sample": {"train_videos": 2, "val_videos": 1, "test_videos": 1, "seed": 0, "spoken_queries": 0},
            **changes,
        }
        write_recipes(folder)
        (folder / "params.yaml").write_text(yaml.safe_dump(params))
        monkeypatch.chdir(folder)
        monkeypatch.delenv("DVC_ROOT", raising=False)
        return folder

    return make
