"""Every reader, over files that were damaged at random: a result or one named error, and never a traceback or a hang.

AMDNET_CHAOS_FILES says how many files are damaged in all (10,000 for a thorough run), AMDNET_CHAOS_SEED which ones.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from helpers.mutated import ROOT, SEED, survives
from helpers.searchable import write_searchable

from pipeline.annotations.common.own_videos import read as read_own_videos
from pipeline.annotations.common.params import PrepareParams
from pipeline.backbones.common.weights import Weights, build
from pipeline.core.files import read_json, write_json, write_jsonl
from pipeline.core.manifest import read_queries, read_subtitles, read_videos
from pipeline.core.params import load
from pipeline.core.reused import read_reused
from pipeline.feature_io.hdf5 import FeatureFile, Item, write_features
from pipeline.feature_io.store import Entry, Store
from pipeline.localizers.common import trained
from pipeline.models.common import checkpoint
from pipeline.packs import literal
from pipeline.packs.arrays import ArrayRows
from pipeline.packs.binary import BinaryRows
from pipeline.scan.listing import read_list
from pipeline.search.searcher import Searcher
from pipeline.settings.check import check_settings
from pipeline.text.saved import open_encoder
from pipeline.training.resume import load_state, save_state
from stages import evaluate, index

pytestmark = pytest.mark.slow

FILES = int(os.environ.get("AMDNET_CHAOS_FILES", "1000"))
CPU, ROWS = torch.device("cpu"), np.arange(24, dtype=np.float16).reshape(6, 4)
Made = tuple[Callable[[], object], list[Path]]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")
    return tmp_path


def annotations(here: Path) -> Made:
    shots = [
        {"vid_name": f"v{k}", "desc": "A dog \u00e9 runs.", "ts": [0.5, 2], "desc_id": k, "type": "v"} for k in range(4)
    ]
    (here / "videos").mkdir()
    for k in range(4):
        (here / "videos" / f"v{k}.mp4").touch()
    write_jsonl(here / "queries.jsonl", shots)
    write_json(here / "splits.json", {"train": ["v0", "v1"], "test": ["v2"]})
    write_jsonl(here / "subtitles.jsonl", [{"vid_name": "v3", "sub": [{"text": "Hi.", "start": 0, "end": 1.5}]}])
    timed = "00:00:01{0}000 --> 00:00:02{0}500\nOne <i>line</i>\nmore\n\n00:00:03{0}000 --> 00:00:04{0}000\nOther\n"
    (here / "v0.srt").write_text("1\n" + timed.format(","))
    (here / "v1.vtt").write_text("WEBVTT\n\n" + timed.format("."))
    (here / "v2.ass").write_text(
        "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,{\\an8}Words\\Nmore\n"
    )
    (here / "v3.ttml").write_text(
        '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">Words<br/>more</p></div></body></tt>'
    )
    params = load(PrepareParams, path=ROOT / "params.yaml")
    return lambda: read_own_videos(here, params), [path for path in here.iterdir() if path.is_file()]


def table(here: Path) -> Made:
    annotations(here)
    (here / "queries.jsonl").unlink()
    (here / "queries.csv").write_text('vid_name,desc,start,end\nv0,"A, dog",0:01.5,3\nv1,Another,1,2\n')
    params = load(PrepareParams, path=ROOT / "params.yaml")
    return lambda: read_own_videos(here, params), [here / "queries.csv"]


def literals(here: Path) -> Made:
    path = here / "video2frames.txt"
    path.write_text(str({"v_a": ["v_a_0", "v_a_10"], "it's": ['a"b', "\u00e9"]}))
    return lambda: list(literal.entries(path)), [path]


def binary_pack(here: Path) -> Made:
    (here / "feature.bin").write_bytes(ROWS.astype("f4").tobytes())
    (here / "shape.txt").write_text("6 4")
    (here / "id.txt").write_text(" ".join(f"v{k // 3}_{k % 3}" for k in range(6)))
    (here / "video2frames.txt").write_text(str({f"v{k}": [f"v{k}_{n}" for n in range(3)] for k in range(2)}))

    def read() -> None:
        with BinaryRows(here) as source:
            [source[id] for id in ("v0", "v1") if id in source]

    return read, list(here.iterdir())


def hdf5_pack(here: Path) -> Made:
    path = here / "pack.hdf5"
    with h5py.File(path, "w") as file:
        for k in range(3):
            file[f"v{k}"] = ROWS
        file.create_dataset("packed", data=ROWS, chunks=(2, 4), compression="gzip")

    def read() -> None:
        with ArrayRows(path) as source:
            [source[id] for id in ("v0", "v1", "packed") if id in source]

    return read, [path]


def features(here: Path) -> Made:
    path = here / "slowfast.h5"
    about = {"weights": "random", "clip_seconds": 1.5, "nested": {"a": [1, 2]}}
    write_features(path, [Item(f"v{k}", ROWS, {"decoder": "decord"}) for k in range(3)], about)

    def read() -> None:
        with FeatureFile(path) as file:
            for id in file.ids():
                # What says that it is v0 is what was written of v0, or the file was damaged and says so.
                assert np.array_equal(file[id], ROWS)

    return read, [path]


def manifest(here: Path) -> Made:
    write_searchable("cca")
    folder = here / "outputs/manifest"
    write_jsonl(here / "files.jsonl", [{"path": "a.mp4", "kind": "video", "size": 3, "sha256": "a", "duration": 2.0}])
    write_json(here / "outputs/scan/reuse.json", {"path": "a", "files": {"config.json": "b"}})

    def read() -> None:
        read_videos(folder / "videos.jsonl")
        read_queries(folder / "queries.jsonl")
        read_subtitles(folder / "subtitles.jsonl")
        read_list(here / "files.jsonl")
        read_json(here / "outputs/scan/reuse.json")
        read_reused()

    return read, [*folder.glob("*.jsonl"), here / "files.jsonl", here / "outputs/scan/reuse.json"]


def state(here: Path) -> Made:
    path = here / "state.pt"
    save_state(path, {"epoch": 3, "weights": torch.arange(50.0)})

    def read() -> None:
        found = load_state(path)
        assert found is None or (found["epoch"] == 3 and torch.equal(found["weights"], torch.arange(50.0)))

    return read, [path]


def store(here: Path) -> Made:
    kept, entry = Store(here, "slowfast"), Entry({"rows": ROWS}, {"fps": 25.0, "decoder": "decord"})
    kept.put("a" * 64, entry)

    def read() -> None:
        found = Store(here, "slowfast").get("a" * 64)
        assert found is None or (np.array_equal(found.arrays["rows"], ROWS) and found.attributes == entry.attributes)

    return read, [kept.path("a" * 64)]


def weights(here: Path) -> Made:
    network = torch.nn.Linear(5, 4)
    torch.save(network.state_dict(), here / "weights.pth")
    return lambda: build(Weights("file", here / "weights.pth"), lambda: torch.nn.Linear(5, 4)), [here / "weights.pth"]


def trained_model(here: Path) -> Made:
    write_searchable("amdnet", "prem")
    folders = [here / "outputs/model", here / "outputs/localizer"]

    def read() -> None:
        checkpoint.load(folders[0])
        trained.load(folders[1])

    return read, [folder / name for folder in folders for name in ("model.safetensors", "config.json")]


def settings(here: Path) -> Made:
    shutil.copy(ROOT / "params.yaml", here)
    shutil.copytree(ROOT / "recipes", here / "recipes")
    return lambda: check_settings(here / "params.yaml", here / "recipes"), [
        here / "params.yaml", here / "params.yaml", *(here / "recipes").rglob("*.yaml")
    ]  # fmt: skip


def index_folder(here: Path) -> Made:
    write_searchable("cca")
    evaluate.main()
    index.main()
    shutil.move("outputs/index", "index")

    def read() -> None:
        Searcher.open(here / "index", None, CPU).search("a dog runs", 3)

    return read, [path for path in (here / "index").rglob("*") if path.is_file()]


def text_encoder(here: Path) -> Made:
    write_searchable("cca")
    return lambda: open_encoder(here / "outputs/text_encoder", CPU), [
        path for path in (here / "outputs/text_encoder").iterdir()
    ]  # fmt: skip


READERS = [
    annotations, table, literals, binary_pack, hdf5_pack, features, manifest, state, store, weights, trained_model,
    settings, index_folder, text_encoder,
]  # fmt: skip
SLOW = (settings, index_folder, text_encoder, trained_model)


@pytest.mark.parametrize("make", READERS, ids=lambda make: make.__name__)
def test_damaged_files_are_named(here, make):
    print(f"AMDNET_CHAOS_SEED={SEED}")
    read, files = make(here)
    read()
    shares = {one: 1 if one in SLOW else 4 for one in READERS}
    refused = survives(read, files, FILES * shares[make] // sum(shares.values()) + 1, make.__name__)
    assert refused or make in (state, store, annotations, table)
