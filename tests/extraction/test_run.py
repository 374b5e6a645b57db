"""Extraction over a corpus: interruptions, order and history change no byte; bad videos are named and left out."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest
from helpers.hdf5 import attributes_of
from helpers.numbered import numbered_frames
from helpers.streams import NumberStream, corpus
from helpers.videos import write_sound, write_video

from pipeline.core.errors import PipelineError
from pipeline.extraction.run import run
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.feature_io.store import Entry, Store, entry_key

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))


@pytest.fixture(scope="session")
def films(tmp_path_factory) -> list[Path]:
    """Six videos of 1 to 2.25 s, no two alike."""
    folder = tmp_path_factory.mktemp("films")
    return [write_video(folder / f"film{k}.mp4", numbered_frames(12 + 3 * k), 12) for k in range(6)]


def features(folder: Path) -> bytes:
    return (folder / "numbers.h5").read_bytes()


def test_the_rows_are_those_of_the_video(films, tmp_path):
    metrics = run(NumberStream(), corpus(films), tmp_path, 0.0)
    with FeatureFile(tmp_path / "numbers.h5") as file:
        assert file.ids() == [path.stem for path in films]
        assert file["film0"].tolist() == [[0, 3, 5], [6, 9, 11]]  # 12 frames a second, clips of half a second
        attributes = attributes_of(tmp_path / "numbers.h5", "film0")
        libraries = json.loads(attributes.pop("libraries"))
        assert libraries["libavcodec of decord"].startswith("58.")  # FFmpeg 4.1's
        assert attributes == {
            "clips": 2, "duration": 1.0, "fps": 12.0, "decoder": "decord", "device": "cpu",
            "sha256": corpus(films)[0].sha256,
        }  # fmt: skip
        assert file.provenance["clip_seconds"] == 0.5 and file.provenance["weights"] == "random (seed 0)"
        assert json.loads(file.provenance["recipe"]) == NumberStream().provenance
        assert json.loads(file.provenance["libraries"]) == {name: [number] for name, number in libraries.items()}
        assert libraries.keys() == {"av", "decord", "numpy", "libavcodec of decord"}
        assert libraries["av"] == version("av")
    assert metrics == json.loads((tmp_path / "numbers.json").read_text())
    assert (metrics["videos"], metrics["decoded"], metrics["reused"], metrics["failed"]) == (6, 6, 0, 0)
    assert metrics["clips"] == sum(-(-(12 + 3 * k) // 6) for k in range(6))
    assert set(metrics["seconds"]) == {"decode", "forward", "packing", "total"}


def test_order_and_history_change_no_byte(films, tmp_path, monkeypatch):
    run(NumberStream(), corpus(films), tmp_path / "once", 0.0)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "another"))
    run(NumberStream(), corpus(films[4:]), tmp_path / "some", 0.0)
    run(NumberStream(clip_seconds=0.7), corpus(films[:2]), tmp_path / "other", 0.0)
    run(NumberStream(), corpus(reversed(films)), tmp_path / "again", 0.0)
    assert features(tmp_path / "again") == features(tmp_path / "once")


def test_a_killed_run_is_finished_to_the_same_bytes(films, tmp_path, monkeypatch):
    run(NumberStream(), corpus(films), tmp_path / "whole", 0.0)
    store = tmp_path / "killed_store"
    script = (
        "import sys; from pathlib import Path; from helpers.streams import NumberStream, corpus\n"
        "from pipeline.extraction.run import run\n"
        "run(NumberStream(pause=0.05), corpus(map(Path, sys.argv[2:])), Path(sys.argv[1]), 0.0)"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "killed"), *map(str, films)],
        env={**os.environ, "AMDNET_STORE": str(store), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
    )
    while killed.poll() is None and len(list(store.glob("numbers/*/*.safetensors"))) < 2:
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed" / "numbers.h5").exists()

    monkeypatch.setenv("AMDNET_STORE", str(store))
    metrics = run(NumberStream(), corpus(films), tmp_path / "killed", 0.0)
    assert metrics["reused"] >= 2 and metrics["decoded"] >= 1
    assert features(tmp_path / "killed") == features(tmp_path / "whole")


class KillingStream(NumberStream):
    """Ends the decoder of the video of `clips` clips so many times, each time once it has opened the video."""

    def __init__(self, times: int, clips: int = 3, number: int = signal.SIGKILL):
        super().__init__()
        self.times, self.clips, self.number = times, clips, number

    def plan(self, timeline):
        planned = super().plan(timeline)
        if len(planned) == self.clips and self.times:
            self.times -= 1
            for child in psutil.Process().children():
                child.send_signal(self.number)
        return planned


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_decoder_that_is_killed_once_changes_no_byte(films, tmp_path, monkeypatch, number):
    monkeypatch.setenv("AMDNET_DECODERS", "1")
    run(NumberStream(), corpus(films[:3]), tmp_path / "whole", 0.0)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "another"))
    stream = KillingStream(times=1, number=number)
    metrics = run(stream, corpus(films[:3]), tmp_path / "killed", 0.0)
    assert stream.times == 0 and metrics["decoders"] == {"decord": 3, "pyav": 0}
    assert features(tmp_path / "killed") == features(tmp_path / "whole")


def test_a_video_whose_decoder_is_killed_twice_is_named_and_comes_with_the_next_run(films, tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_DECODERS", "1")
    stream = KillingStream(times=2)
    metrics = run(stream, corpus(films[:3]), tmp_path / "killed", 0.5)
    [failure] = metrics["failures"]
    assert stream.times == 0 and failure["decoder"] == "decord"
    assert failure["cause"].startswith("the decoder was ended from outside (signal 9, SIGKILL), twice; run the same")
    assert run(stream, corpus(films[:3]), tmp_path / "again", 0.0)["decoders"] == {"decord": 3, "pyav": 0}


def test_one_more_video_decodes_one(films, tmp_path):
    run(NumberStream(), corpus(films[:5]), tmp_path, 0.0)
    metrics = run(NumberStream(), corpus(films), tmp_path, 0.0)
    assert (metrics["decoded"], metrics["reused"]) == (1, 5)


def test_a_parameter_changed_and_changed_back_decodes_nothing(films, tmp_path):
    run(NumberStream(0.5), corpus(films), tmp_path, 0.0)
    first = features(tmp_path)
    assert run(NumberStream(0.7), corpus(films), tmp_path, 0.0)["decoded"] == 6
    assert features(tmp_path) != first
    assert run(NumberStream(0.5), corpus(films), tmp_path, 0.0)["decoded"] == 0
    assert features(tmp_path) == first


def test_two_videos_of_the_same_content_are_decoded_once(films, tmp_path):
    twin = tmp_path / "twin.mp4"
    twin.write_bytes(films[0].read_bytes())
    metrics = run(NumberStream(), corpus([films[0], twin]), tmp_path, 0.0)
    assert (metrics["videos"], metrics["decoded"]) == (2, 1)


def test_a_picture_that_is_held_for_an_hour_is_encoded_once(tmp_path):
    path = write_video(tmp_path / "podcast.mp4", numbered_frames(2), times=[0, 36000], options={"bf": "0"})
    stream = NumberStream()
    metrics = run(stream, corpus([path]), tmp_path, 0.0)
    assert (metrics["clips"], stream.encoded) == (7201, 3)  # three frames of each of two different clips, two at a time
    with FeatureFile(tmp_path / "numbers.h5") as file:
        assert file["podcast"].tolist() == [[0, 0, 0]] * 7200 + [[1, 1, 1]]


def test_a_length_other_than_the_manifests_is_named(films, tmp_path, capsys):
    right, wrong = corpus(films[:2])
    metrics = run(NumberStream(), [replace(right, duration=1.2), replace(wrong, duration=30.0)], tmp_path, 0.0)
    assert metrics["other_durations"] == [{"video_id": "film1", "manifest": 30.0, "decoded": 1.25}]
    assert "1 video is longer or shorter than the manifest says, by more than half a clip" in capsys.readouterr().err


def test_features_of_two_kinds_of_device_are_one_file_and_named(films, tmp_path, monkeypatch, capsys):
    stream, videos = NumberStream(), corpus(films[:3])
    run(stream, videos[:1], tmp_path, 0.0)
    assert "rounding" not in capsys.readouterr().err
    store = Store(tmp_path / "store", stream.name)
    key = entry_key(videos[0].sha256, stream.provenance)
    entry = store.get(key)
    store.put(key, Entry(entry.arrays, {**entry.attributes, "device": "cuda"}))
    metrics = run(stream, videos, tmp_path, 0.0)
    assert (metrics["devices"], metrics["reused"]) == ({"cpu": 2, "cuda": 1}, 1)
    assert "2 on cpu and 1 on cuda, which differ by rounding" in capsys.readouterr().err
    assert attributes_of(tmp_path / "numbers.h5", "film0")["device"] == "cuda"


DAMAGE = {
    "cut": lambda data: data[:-10],
    "flipped": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "empty": lambda data: b"",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_store_entry_is_computed_anew(films, tmp_path, damage):
    run(NumberStream(), corpus(films), tmp_path, 0.0)
    first = features(tmp_path)
    entry = Store(tmp_path / "store", "numbers").path(entry_key(corpus(films)[2].sha256, NumberStream().provenance))
    entry.write_bytes(damage(entry.read_bytes()))
    assert run(NumberStream(), corpus(films), tmp_path, 0.0)["decoded"] == 1
    assert features(tmp_path) == first


def test_an_entry_with_other_attributes_or_of_another_video_is_computed_anew(films, tmp_path, capsys):
    run(NumberStream(), corpus(films), tmp_path, 0.0)
    first, store = features(tmp_path), Store(tmp_path / "store", "numbers")
    paths = [store.path(entry_key(video.sha256, NumberStream().provenance)) for video in corpus(films)]
    paths[0].write_bytes(paths[0].read_bytes().replace(b"decord", b"pyav!!"))
    shutil.copy(paths[1], paths[2])
    paths[3].unlink()
    paths[3].mkdir()
    capsys.readouterr()
    assert run(NumberStream(), corpus(films), tmp_path, 0.0)["decoded"] == 3
    assert features(tmp_path) == first
    assert capsys.readouterr().err.count("this entry is damaged and is made anew") == 3


def test_a_disk_that_never_gives_back_what_was_written_is_an_error(films, tmp_path, monkeypatch):
    monkeypatch.setattr(Store, "get", lambda self, key: None)
    with pytest.raises(PipelineError, match="still cannot be read back: film0, film1"):
        run(NumberStream(), corpus(films), tmp_path, 0.0)
    assert not (tmp_path / "numbers.h5").exists()


@pytest.fixture
def poisoned(films, tmp_path) -> list[Path]:
    """Two good videos among five bad ones."""
    good = films[5].read_bytes()
    bad = {"empty": b"", "text": b"no video\n" * 40, "truncated": good[: len(good) // 2]}
    for name, content in bad.items():
        (tmp_path / f"{name}.mp4").write_bytes(content)
    write_sound(tmp_path / "audio_only.mp4")
    return [*films[:2], *(tmp_path / f"{name}.mp4" for name in [*bad, "audio_only", "missing"])]


def test_a_poisoned_corpus_ends_with_the_good_present_and_the_bad_named(poisoned, tmp_path):
    metrics = run(NumberStream(), corpus(poisoned), tmp_path, 0.8)
    with FeatureFile(tmp_path / "numbers.h5") as file:
        assert file.ids() == ["film0", "film1"]
    assert (metrics["videos"], metrics["failed"]) == (2, 5)
    assert [failure["video_id"] for failure in metrics["failures"]] == [
        "audio_only", "empty", "missing", "text", "truncated",
    ]  # fmt: skip
    for failure in metrics["failures"]:
        assert set(failure) == {"video_id", "stream", "cause", "decoder", "seconds"}
        assert failure["cause"] and "\n" not in failure["cause"]


def test_too_many_failures_are_an_error_that_names_them_and_keeps_the_rest(poisoned, tmp_path):
    with pytest.raises(PipelineError, match="5 of 7 videos failed") as caught:
        run(NumberStream(), corpus(poisoned), tmp_path, 0.5)
    for name in ("audio_only", "empty", "missing", "text", "truncated", "max_failed_fraction"):
        assert name in str(caught.value)
    assert not (tmp_path / "numbers.h5").exists()
    assert len(json.loads((tmp_path / "numbers.json").read_text())["failures"]) == 5
    assert run(NumberStream(), corpus(poisoned), tmp_path, 1.0)["reused"] == 2


def test_a_video_that_changed_since_prepare_is_refused(films, tmp_path):
    path = tmp_path / "changed.mp4"
    path.write_bytes(films[0].read_bytes())
    videos = corpus([path])
    path.write_bytes(films[1].read_bytes())
    failure = run(NumberStream(), videos, tmp_path, 1.0)["failures"][0]
    assert "changed since prepare ran" in failure["cause"] and "dvc repro" in failure["cause"]


def test_a_missing_rendered_video_says_how_to_get_it_back(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    failure = run(NumberStream(), corpus([tmp_path / "data" / "rendered" / "gone.mp4"]), tmp_path, 1.0)["failures"][0]
    assert "dvc repro --force prepare" in failure["cause"]


def test_features_that_do_not_fit_float16_are_an_error(films, tmp_path):
    class Huge(NumberStream):
        def encode(self, units):
            return super().encode(units) + 1e6

    with pytest.raises(PipelineError, match="do not fit float16"):
        run(Huge(), corpus(films[:1]), tmp_path, 1.0)


def test_a_wrong_variable_ends_the_run_instead_of_failing_every_video(films, tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_DECODE_THREADS", "two")
    with pytest.raises(PipelineError, match="AMDNET_DECODE_THREADS"):
        run(NumberStream(), corpus(films), tmp_path, 1.0)


def test_a_store_that_cannot_be_written_to_is_named_before_anything_is_decoded(films, tmp_path, monkeypatch):
    videos, stream = corpus(films), NumberStream()
    run(stream, videos, tmp_path, 0.0)
    monkeypatch.setenv("AMDNET_STORE", str(films[0] / "store"))
    stream.encoded = 0
    with pytest.raises(PipelineError, match="cannot be written to.*\n.*AMDNET_STORE"):
        run(stream, videos, tmp_path, 1.0)
    assert stream.encoded == 0
