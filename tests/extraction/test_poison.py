"""No video can stop an extraction: good ones equal their clean twins in every format, each bad one is named."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.formats import DAMAGE, FORMATS, write_format
from helpers.hdf5 import attributes_of
from helpers.numbered import numbered_frames
from helpers.streams import NumberStream, corpus
from helpers.videos import write_video

from pipeline.extraction import extract
from pipeline.extraction.run import run
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.video import decode
from pipeline.video.params import DecodeParams
from pipeline.video.reader import VideoError

TWIN = [[0, 6, 11], [12, 18, 23]]  # 24 frames at 24 a second in clips of half a second


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> dict[str, Path]:
    """Every format, each in a folder of its own name, so that video ids differ."""
    folder = tmp_path_factory.mktemp("good")
    return {name: write_format(folder, name).rename(folder / name.replace(".", "_")) for name in FORMATS}


def test_every_format_gives_the_rows_of_its_clean_twin_and_names_its_decoder(good, tmp_path):
    metrics = run(NumberStream(), corpus(good.values()), tmp_path, 0.0)
    with FeatureFile(tmp_path / "numbers.h5") as file:
        for name, path in good.items():
            assert file[path.stem].tolist() == TWIN, name
            assert attributes_of(tmp_path / "numbers.h5", path.stem)["decoder"] == FORMATS[name][2], name
    readers = [reader for _, _, reader in FORMATS.values()]
    assert metrics["decoders"] == {"decord": readers.count("decord"), "pyav": readers.count("pyav")}


# Frames of VP9 and HEVC carry no check, and a transport stream's counters start again after sixteen packets: what these
# lose can, by chance, leave no trace (x265's bytes differ from run to run).
UNDETECTED = {(name, "flipped") for name in ("vp9.webm", "vp9.mkv", "hevc.mp4", "hevc.mkv", "hevc.ts")} | {
    ("hevc.ts", "cut_out")
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named_in_one_line_beside_the_good(good, tmp_path, damage):
    bad = []
    for name, path in good.items():
        if (name, damage) not in UNDETECTED:
            bad.append(tmp_path / path.name)
            bad[-1].write_bytes(DAMAGE[damage](path.read_bytes()))
    healthy = tmp_path / "healthy.mp4"
    healthy.write_bytes(good["h264.mp4"].read_bytes())
    metrics = run(NumberStream(), corpus([*bad, healthy]), tmp_path, 1.0)
    with FeatureFile(tmp_path / "numbers.h5") as file:
        wrong = [id for id in file.ids() if file[id].tolist() != TWIN]
        assert "healthy" in file.ids()
    assert not wrong, "features of damaged videos"
    assert {failure["video_id"] for failure in metrics["failures"]} == {path.stem for path in bad}
    for failure in metrics["failures"]:
        assert failure["decoder"] == "decord, pyav"
        assert failure["cause"] and "\n" not in failure["cause"]


def test_the_causes_of_both_decoders_stand_in_one_line(good, tmp_path):
    path = tmp_path / "flipped.mp4"
    path.write_bytes(DAMAGE["flipped"](good["h264.mp4"].read_bytes()))
    (failure,) = run(NumberStream(), corpus([path]), tmp_path, 1.0)["failures"]
    assert failure["cause"].startswith("decord: ") and "; pyav: frame" in failure["cause"]


STUBS = {"hangs": "while True: time.sleep(1)", "crashes": "os.kill(os.getpid(), 11)"}


def put_decord(does: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the decoding children import a decord that does this to open a video."""
    folder.mkdir()
    (folder / "decord.py").write_text(
        "import os, time, types\nclass DECORDError(Exception): pass\n"
        "logging = types.SimpleNamespace(set_level=lambda level: None, ERROR=2)\n"
        f"def VideoReader(path, **options):\n    {does}\n"
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(decode, "_idle", [])


def test_to_open_a_video_may_take_as_long_as_the_manifest_says_it_is(good, tmp_path, monkeypatch):
    put_decord("time.sleep(2); raise DECORDError('opened after all')", tmp_path / "stub", monkeypatch)
    stream = NumberStream()
    stream.decode = DecodeParams(order=["decord"], deadline_floor=1.0, deadline_factor=0.01, max_ahead_mib=1024)
    short, long = corpus([good["h264.mp4"], good["h264.mkv"]])
    failures = run(stream, [short, replace(long, duration=3000.0)], tmp_path, 1.0)["failures"]
    causes = {failure["video_id"]: failure["cause"] for failure in failures}
    assert "not done within 1 s" in causes[short.video_id] and "deadline_factor" in causes[short.video_id]
    assert "opened after all" in causes[long.video_id]


@pytest.mark.parametrize("does", STUBS.values(), ids=STUBS)
def test_where_decord_hangs_or_crashes_pyav_gives_the_rows(good, tmp_path, monkeypatch, does):
    put_decord(does, tmp_path / "stub", monkeypatch)
    stream = NumberStream()
    stream.decode = DecodeParams(order=["decord", "pyav"], deadline_floor=15.0, deadline_factor=0.1, max_ahead_mib=1024)
    metrics = run(stream, corpus([good["h264.mp4"], good["hevc.mkv"]]), tmp_path, 0.0)
    assert metrics["decoders"] == {"decord": 0, "pyav": 2}
    with FeatureFile(tmp_path / "numbers.h5") as file:
        assert all(np.array_equal(file[id], TWIN) for id in file.ids())


@pytest.mark.parametrize("mib", [1, 1024])
def test_where_pyav_fails_decord_gives_the_rows_of_a_video_of_any_size(tmp_path, monkeypatch, mib):
    def open_video(path, short_side, decoder, *rest):
        if decoder == "pyav":
            raise VideoError("crashed", where=path)
        return decode.open_video(path, short_side, decoder, *rest)

    path = write_video(tmp_path / "video.mp4", numbered_frames(600), 30)  # 1.8 MiB of pictures
    run(NumberStream(), corpus([path]), tmp_path / "both", 0.0)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "other"))
    monkeypatch.setattr(extract, "open_video", open_video)
    stream = NumberStream()
    stream.decode = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=mib)
    assert run(stream, corpus([path]), tmp_path / "decord", 0.0)["decoders"] == {"decord": 1, "pyav": 0}
    with FeatureFile(tmp_path / "both" / "numbers.h5") as both, FeatureFile(tmp_path / "decord" / "numbers.h5") as one:
        assert np.array_equal(both["video"], one["video"])


def test_running_again_tries_only_the_failed_ones(good, tmp_path):
    path = tmp_path / "video.mp4"
    path.write_bytes(b"still being copied")
    videos = corpus([path, good["h264.mkv"]])
    assert run(NumberStream(), videos, tmp_path, 1.0)["failed"] == 1
    path.write_bytes(good["h264.mp4"].read_bytes())
    metrics = run(NumberStream(), corpus([path, good["h264.mkv"]]), tmp_path, 0.0)
    assert (metrics["decoded"], metrics["reused"], metrics["failed"]) == (1, 1, 0)
    assert json.loads((tmp_path / "numbers.json").read_text())["failures"] == []
