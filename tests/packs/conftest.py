"""Feature packs of both layouts, a few videos each, written as the archives are."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from helpers.packs import write_hdf5
from helpers.recipes import write_recipes
from helpers.shipped import shipped

SIZE, TEXT_SIZE = 6, 4
LENGTHS = {"a_b-1": 12, "v_x_7": 5, "clip": 1, "d": 3, "e": 4}
SPLITS = {"train": ["a_b-1", "v_x_7"], "val": ["clip"], "test": ["d", "e"]}


class MadePack:
    """A pack on disk; values: what its rows are, (T, SIZE) float32 a video id, (W, TEXT_SIZE) a query id."""

    def __init__(self, source: Path):
        self.source, self.root = source, source / "deep" / "archive" / "tiny"
        self.features, self.texts = self.root / "FeatureData", self.root / "TextData"
        draw = np.random.default_rng(0)
        self.videos = {v: draw.normal(size=(n, SIZE)).astype(np.float32) for v, n in LENGTHS.items()}
        self.captions = {split: [f"{v}#enc#{k}" for v in ids for k in range(2)] for split, ids in SPLITS.items()}
        every = [query for queries in self.captions.values() for query in queries]
        self.queries = {q: draw.normal(size=(3 + i, TEXT_SIZE)).astype(np.float32) for i, q in enumerate(every)}

    @property
    def binary(self) -> Path:
        return self.features / "i3d"

    def write_binary(self) -> None:
        """The rows of all videos shuffled, so that none lie side by side but by chance."""
        self.binary.mkdir(parents=True)
        names = [f"{v}_{k}" for v, rows in self.videos.items() for k in range(len(rows))]
        order = np.random.default_rng(1).permutation(len(names))
        rows = np.concatenate(list(self.videos.values()))
        rows[order].astype("<f4").tofile(self.binary / "feature.bin")
        (self.binary / "id.txt").write_text(" ".join(names[at] for at in order))
        (self.binary / "shape.txt").write_text(f"{len(rows)} {SIZE}\n")
        lists = {v: [f"{v}_{k}" for k in range(len(rows))] for v, rows in self.videos.items()}
        (self.binary / "video2frames.txt").write_text(str(lists))

    def write_arrays(self) -> None:
        self.features.mkdir(parents=True, exist_ok=True)
        write_hdf5(self.features / "clip.hdf5", self.videos)

    def write_texts(self) -> None:
        self.texts.mkdir(parents=True)
        for split, queries in self.captions.items():
            self.write_captions(split, [f"{query} someone does {query}" for query in queries])
        write_hdf5(self.texts / "roberta_tiny_query_feat.hdf5", self.queries)

    def write_captions(self, split: str, lines: list[str]) -> None:
        (self.texts / f"tiny{split}.caption.txt").write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture(params=["binary", "arrays"])
def layout(request) -> str:
    return request.param


@pytest.fixture
def make_pack(tmp_path):
    """make_pack("binary" or "arrays") -> MadePack below tmp_path/source."""

    def make(layout: str) -> MadePack:
        made = MadePack(tmp_path / "source")
        made.write_texts()
        made.write_binary() if layout == "binary" else made.write_arrays()
        return made

    return make


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """workspace(source, **changes of sections) -> a folder to run stages in."""

    def make(source: Path | str, name: str = "workspace", **changes) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        document = shipped()
        document |= {"dataset": "pack", "source": str(source), "model": "amdnet", "protocol": "honest"}
        for section, values in changes.items():
            document[section] = {**document[section], **values} if isinstance(values, dict) else values
        write_recipes(folder)
        (folder / "params.yaml").write_text(yaml.safe_dump(document))
        monkeypatch.chdir(folder)
        monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
        monkeypatch.setenv("AMDNET_DEVICE", "cpu")
        monkeypatch.delenv("DVC_ROOT", raising=False)
        shutil.rmtree(folder / "outputs", ignore_errors=True)
        return folder

    return make


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data."""
    if "AMDNET_REAL_DATA" not in os.environ:
        pytest.skip("AMDNET_REAL_DATA does not name the folder of real data")
    return Path(os.environ["AMDNET_REAL_DATA"])
