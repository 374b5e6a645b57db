"""Feature files: equal content in equal bytes, written whole or not at all."""

import json
import time

import numpy as np
import pytest
from helpers.hdf5 import attributes_of

from pipeline.core.errors import PipelineError
from pipeline.feature_io.hdf5 import FeatureFile, Item, write_features

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
