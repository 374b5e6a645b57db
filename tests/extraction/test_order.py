"""The order of decoders: who reads, what is recorded of it, and that a decoder that is not named is never loaded."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.executors import two_workers
from helpers.formats import write_format
from helpers.hdf5 import attributes_of
from helpers.numbered import numbered_frames
from helpers.streams import NumberStream, corpus
from helpers.videos import write_video

from pipeline.core.errors import PipelineError
from pipeline.extraction.run import run
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.video import decode
from pipeline.video.decode import policy


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))


@pytest.fixture(scope="session")
def film(tmp_path_factory) -> Path:
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", numbered_frames(24), 12)


@pytest.fixture
def no_decord(tmp_path, monkeypatch) -> Path:
    """A decord that cannot be imported; returns the file that says that it was tried."""
    folder, tried = tmp_path / "stub", tmp_path / "tried"
    folder.mkdir()
    code = f"open({str(tried)!r}, 'w').close()\nraise ImportError('libdecord.so: it is of another machine')\n"
    (folder / "decord.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(decode, "_idle", [])
    return tried


class OrderedStream(NumberStream):
    def __init__(self, *order: str, mib: int = 1024):
        super().__init__()
        self.decode = self.decode.model_copy(update={"order": list(order), "max_ahead_mib": mib})
        self.provenance = {**self.provenance, "decoder": policy(self.decode.order, self.scaling)}


@pytest.mark.parametrize("executor", ["inline", "process"])
def test_pyav_alone_reads_without_decord(film, no_decord, tmp_path, monkeypatch, executor):
    two_workers(executor, tmp_path / "store", monkeypatch)
    assert run(OrderedStream("pyav"), corpus([film]), tmp_path, 0.0)["decoders"] == {"decord": 0, "pyav": 1}
    assert not no_decord.exists()
    libraries = json.loads(attributes_of(tmp_path / "numbers.h5", "film")["libraries"])
    assert libraries.keys() == {"av", "numpy", "libavcodec of pyav"}
    assert int(libraries["libavcodec of pyav"].split(".")[0]) > 58


def test_a_decord_that_cannot_be_loaded_ends_the_run_and_no_other_decoder_takes_its_place(film, no_decord, tmp_path):
    with pytest.raises(PipelineError, match="decord cannot be loaded: libdecord.so") as caught:
        run(OrderedStream("decord", "pyav"), corpus([film]), tmp_path, 1.0)
    assert caught.value.where == "decode.order" and "[pyav]" in caught.value.fix
    assert not list((tmp_path / "store").rglob("*.safetensors"))


@pytest.mark.parametrize(("order", "first"), [(("decord", "pyav"), "decord"), (("pyav", "decord"), "pyav")])
def test_the_first_one_reads_what_both_can_read(film, tmp_path, order, first):
    run(OrderedStream(*order), corpus([film]), tmp_path, 0.0)
    attributes = attributes_of(tmp_path / "numbers.h5", "film")
    libraries = json.loads(attributes["libraries"])
    assert attributes["decoder"] == first and libraries.keys() == {"av", "decord", "numpy", f"libavcodec of {first}"}


def test_another_order_has_entries_of_its_own_and_finds_those_of_before_again(film, tmp_path):
    orders = [("decord", "pyav"), ("pyav",), ("pyav", "decord"), ("decord",)]
    assert [run(OrderedStream(*order), corpus([film]), tmp_path, 0.0)["decoded"] for order in orders * 2] == [
        1, 1, 1, 1, 0, 0, 0, 0,
    ]  # fmt: skip


def test_decord_alone_names_what_it_does_not_read(tmp_path):
    paths = [write_format(tmp_path, name) for name in ("hevc.mp4", "h264.ts")]
    metrics = run(OrderedStream("decord"), corpus(paths), tmp_path, 0.5)
    assert metrics["decoders"] == {"decord": 1, "pyav": 0}
    [failure] = metrics["failures"]
    assert failure["decoder"] == "decord" and failure["cause"] == "decord misreads h264 in mpegts"


def test_decord_alone_reads_a_long_video_in_parts(tmp_path):
    path = write_video(tmp_path / "video.mp4", numbered_frames(600), 30)  # 1.8 MiB of pictures
    rows = []
    for mib in (1, 1024):
        run(OrderedStream("decord", mib=mib), corpus([path]), tmp_path / str(mib), 0.0)
        (tmp_path / "store").rename(tmp_path / f"store of {mib}")
        with FeatureFile(tmp_path / str(mib) / "numbers.h5") as file:
            rows.append(file["video"])
    assert np.array_equal(*rows)
