"""Feature files: equal content in equal bytes, written whole or not at all."""

import json
import random
import time

import h5py
import numpy as np
import pytest
from helpers.hdf5 import attributes_of

from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file
from pipeline.feature_io.hdf5 import FeatureFile, Item, has_random_weights, write_features

PROVENANCE = {"stream": "slowfast", "clip_seconds": 1.5, "weights": "random (seed 0)", "nested": {"a": [1, 2]}}


def items(ids: str = "abc") -> list[Item]:
    attributes = {"fps": 25.0, "decoder": "decord"}
    return [Item(id, np.full((ord(id) - 96, 4), ord(id), np.float32), attributes) for id in ids]


def test_what_was_written_can_be_read(tmp_path):
    write_features(tmp_path / "f.h5", items(), PROVENANCE, {"libraries": {"torch": ["2"]}})
    with FeatureFile(tmp_path / "f.h5") as file:
        assert file.ids() == ["a", "b", "c"] and "b" in file and "d" not in file
        assert file["b"].dtype == np.float16 and file["b"].tolist() == [[98.0] * 4] * 2
        assert file.shape("c") == (3, 4)
        with pytest.raises(KeyError):
            file["d"]
        assert attributes_of(tmp_path / "f.h5", "b") == {"fps": 25.0, "decoder": "decord"}
        assert file.provenance["clip_seconds"] == 1.5 and json.loads(file.provenance["recipe"]) == PROVENANCE
        assert json.loads(file.provenance["libraries"]) == {"torch": ["2"]}


def test_equal_content_is_equal_bytes_at_another_time(tmp_path):
    write_features(tmp_path / "one.h5", items(), PROVENANCE)
    time.sleep(1.1)  # HDF5's time stamps count seconds
    write_features(tmp_path / "two.h5", iter(items()), dict(reversed(PROVENANCE.items())))
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


def test_the_hash_of_a_file_stands_for_all_that_is_in_it(tmp_path):
    def written(items_: list[Item], **provenance) -> str:
        write_features(tmp_path / "f.h5", items_, {**PROVENANCE, **provenance})
        with FeatureFile(tmp_path / "f.h5") as file:
            return file.sha256

    first, *others = items()
    changed = Item("a", np.nextafter(first.rows, np.float16(0), dtype=np.float16), first.attributes)
    found = [
        written([first, *others]),
        written([changed, *others]),
        written([Item("aa", first.rows, {}), *others]),
        written([Item("a", first.rows[:, :3], {}), *others]),
        written(others),
        written([first, *others], clip_seconds=2.0),
    ]
    assert len(set(found)) == len(found) and written([first, *others]) == found[0]


def test_a_file_of_an_earlier_version_is_known_by_its_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    write_features(tmp_path / "f.h5", items(), PROVENANCE)
    with h5py.File(tmp_path / "f.h5", "r+") as file:
        del file.attrs["rows_sha256"], file.attrs["content_sha256"]
    with FeatureFile(tmp_path / "f.h5") as file:
        assert file.sha256 == sha256_file(tmp_path / "f.h5") and file["a"].tolist() == [[97.0] * 4]


@pytest.mark.parametrize("ids", ["ba", "aa"])
def test_unsorted_items_are_refused_and_nothing_is_left(tmp_path, ids):
    with pytest.raises(ValueError, match="sorted"):
        write_features(tmp_path / "f.h5", items(ids), PROVENANCE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_what_float16_cannot_hold_is_refused(tmp_path, value):
    with pytest.raises(ValueError, match="a:"), np.errstate(over="ignore"):
        write_features(tmp_path / "f.h5", [Item("a", np.full((1, 2), value, np.float32), {})], PROVENANCE)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(PipelineError, match="no such feature file"):
        FeatureFile(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("no features")
    with pytest.raises(PipelineError, match="not a readable HDF5 file"):
        FeatureFile(tmp_path / "text.h5")


def test_rows_that_are_gone_or_are_no_rows_name_file_and_id(tmp_path):
    path = tmp_path / "f.h5"
    write_features(path, items(), PROVENANCE)
    with h5py.File(path, "a") as file:
        file["cube"], file["words"] = np.zeros((2, 2, 2), np.float16), "words"
        file.create_group("group")
        file.create_dataset("vast", (1 << 40, 4), "f2", chunks=(1 << 30, 4))
        file["outside"] = h5py.ExternalLink("other.h5", "/a")
    with FeatureFile(path) as file:
        for id in ("cube", "words", "group", "vast"):
            for read in (file.shape, file.__getitem__):
                with pytest.raises(PipelineError, match=f"damaged: the features of '{id}' cannot be read") as caught:
                    read(id)
                assert caught.value.where == path


def test_a_damaged_file_is_an_error_that_names_it(tmp_path):
    """But for the heap of long attributes, in which HDF5 itself may go round in circles where it is damaged."""
    path = tmp_path / "f.h5"
    write_features(path, items(), PROVENANCE)
    whole, draw, refused = path.read_bytes(), random.Random(1), 0
    heap = whole.index(b"GCOL")
    places = [*range(heap), *range(heap + 4096, len(whole))]
    for _ in range(250):
        content = bytearray(whole)
        for _ in range(draw.choice([1, 2, 8])):
            content[draw.choice(places)] ^= 1 << draw.randrange(8)
        path.write_bytes(content[: draw.choice([len(content)] * 9 + [draw.randrange(len(content))])])
        try:
            with FeatureFile(path) as file:
                for id in file.ids():
                    assert file[id].ndim == 2 and file.shape(id)
        except PipelineError as error:
            refused += 1
            assert error.where == path
        path.unlink()
    assert refused > 20


def test_a_file_that_does_not_say_what_it_must_is_named(tmp_path):
    write_features(tmp_path / "f.h5", items(), {"stream": "resnet"})
    with pytest.raises(PipelineError, match="f.h5: the feature file is damaged: it lacks what it says of `weights`"):
        has_random_weights(tmp_path / "f.h5")


def flipped(path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_bit_that_flipped_in_rows_is_noticed(tmp_path):
    path, rows = tmp_path / "f.h5", np.arange(40, dtype=np.float16).reshape(10, 4)
    write_features(path, [Item("a", rows, {}), Item("b", rows + 1, {})], PROVENANCE)
    flipped(path, path.read_bytes().index(rows.tobytes()) + 30)
    with FeatureFile(path) as file:
        assert file["b"].tolist() == (rows + 1).tolist() and file.shape("a") == (10, 4)
        with pytest.raises(
            PipelineError, match="'a' cannot be read .they are not what was written[\\s\\S]*amdnet repair"
        ):
            file["a"]


def test_a_bit_that_flipped_in_the_provenance_is_noticed(tmp_path):
    write_features(tmp_path / "f.h5", items(), PROVENANCE)
    flipped(tmp_path / "f.h5", (tmp_path / "f.h5").read_bytes().index(b"random (seed 0)") + 13)
    with pytest.raises(PipelineError, match="what it says of itself has changed"):
        FeatureFile(tmp_path / "f.h5")


def test_a_file_without_hashes_is_read(tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["a"], file.attrs["weights"] = np.ones((1, 2), np.float16), np.bytes_("random")
    with FeatureFile(tmp_path / "f.h5") as file:
        assert file["a"].tolist() == [[1, 1]] and file.provenance == {"weights": "random"}


def test_no_text_of_a_file_lies_in_a_heap(tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.attrs["weights"] = "random"
    with pytest.raises(PipelineError, match="texts of any length"):
        FeatureFile(tmp_path / "f.h5")
