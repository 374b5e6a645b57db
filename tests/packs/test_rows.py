"""Ids of several releases, and the checks every row must pass."""

import numpy as np
import pytest
from helpers.packs import write_hdf5

from pipeline.annotations.common.records import Annotations
from pipeline.annotations.pack.check import check
from pipeline.core.ids import BadRecord
from pipeline.packs.rows import open_rows, read_rows

ONE, TWO = np.ones((2, 3), np.float32), np.full((2, 3), 2, np.float32)


@pytest.mark.parametrize(
    ("id", "keys", "found", "renamed"),
    [
        ("v_abc", {"v_abc": ONE, "abc": TWO}, ONE, False),
        ("v_abc", {"abc": TWO}, TWO, True),
        ("a#enc#0", {"a#0": TWO}, TWO, True),
        ("a#enc#0", {"a#enc#0": ONE, "a#0": TWO}, ONE, False),
        ("v_a#enc#0", {"a#0": TWO}, TWO, True),
    ],
)
def test_the_exact_id_wins(tmp_path, id, keys, found, renamed):
    with open_rows(write_hdf5(tmp_path / "a.hdf5", keys)) as source:
        rows, other_name = read_rows(source, id)
    assert np.array_equal(rows, found) and other_name is renamed


def test_an_id_is_not_given_a_prefix_it_does_not_have(tmp_path):
    with open_rows(write_hdf5(tmp_path / "a.hdf5", {"v_abc": ONE})) as source:
        with pytest.raises(BadRecord, match="no features"):
            read_rows(source, "abc")


def test_an_accent_is_one_letter_however_it_is_written(tmp_path):
    keys = {"cafe\u0301": ONE, "v\xe9": TWO, "ve\u0301": ONE, "other": TWO}
    with open_rows(write_hdf5(tmp_path / "a.hdf5", keys)) as source:
        rows, other_name = read_rows(source, "caf\xe9")
        assert np.array_equal(rows, ONE) and not other_name
        with pytest.raises(BadRecord, match="two data sets are called so"):
            read_rows(source, "v\xe9")


def test_precision_is_kept_and_narrowed_only_from_double(tmp_path):
    arrays = {"half": ONE.astype("f2"), "single": ONE, "double": ONE.astype("f8"), "bytes": ONE.astype("u1")}
    with open_rows(write_hdf5(tmp_path / "a.hdf5", arrays)) as source:
        types = {id: read_rows(source, id)[0].dtype.name for id in arrays}
    assert types == {"half": "float16", "single": "float32", "double": "float32", "bytes": "float32"}


def test_what_cannot_be_used_is_refused_by_name(tmp_path):
    arrays = {"good": ONE, "also": TWO, "v": ONE[None], "odd": np.ones((2, 4), "f4")}
    arrays |= {"nan": np.full((2, 3), np.nan, "f4"), "inf": np.full((2, 3), np.inf, "f2")}
    arrays |= {"large": np.full((2, 3), 1e300)}
    annotations = Annotations(tmp_path)
    with open_rows(write_hdf5(tmp_path / "a.hdf5", arrays)) as source:
        found, renamed = check(annotations, "video", [(id, f"at {id}") for id in [*arrays, "v_also", "none"]], source)
    assert set(found) == {"good", "also", "v", "v_also"} and renamed == 1
    assert {(one.id, one.where) for one in annotations.refused} == {
        (id, f"at {id}") for id in ("odd", "nan", "inf", "large", "none")
    }
    assert found["good"].sha256 == found["v"].sha256 != found["also"].sha256 == found["v_also"].sha256
