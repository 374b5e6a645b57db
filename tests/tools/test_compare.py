"""Two feature files are the same within tolerance, or every difference is named; nothing about them is assumed."""

import json
import random

import h5py
import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.feature_io.compare import compare_files
from pipeline.feature_io.hdf5 import Item, write_features

ROWS = np.random.default_rng(0).normal(size=(6, 16))


@pytest.fixture
def compared(tmp_path, amdnet):
    """compared({"v": rows}, {"v": rows}, ...) -> exit status, JSON line a video, summary."""

    def run(first: dict, second: dict, *options: str):
        for name, content in (("a.h5", first), ("b.h5", second)):
            with h5py.File(tmp_path / name, "w") as file:
                for id, value in content.items():
                    file[id] = value
        done = amdnet("compare", tmp_path / "a.h5", tmp_path / "b.h5", "--json", *options)
        *videos, summary = map(json.loads, done.stdout.splitlines())
        return done.exit_code, {video["id"]: video for video in videos}, summary

    return run


@pytest.mark.parametrize(
    "other", [ROWS.astype(np.float16), ROWS.astype(np.float32), ROWS[None]], ids=["16", "32", "1TD"]
)
def test_types_and_a_leading_one_do_not_matter(compared, other):
    status, videos, summary = compared({"v": ROWS.astype(np.float32)}, {"v": other})
    assert (status, summary["verdict"], videos["v"]["verdict"]) == (0, "same", "same")
    assert videos["v"]["dtypes"] == ["float32", str(other.dtype)] and videos["v"]["shapes"][1] == list(other.shape)
    assert videos["v"]["min_cosine"] == pytest.approx(1, abs=1e-5)


def test_the_cosines_are_those_of_the_rows(compared):
    other = ROWS.copy()
    other[2] = -ROWS[2]
    status, videos, _ = compared({"v": ROWS}, {"v": other})
    assert status == 3 and videos["v"]["verdict"] == "row 2 differs"
    assert videos["v"]["min_cosine"] == pytest.approx(-1) and videos["v"]["mean_cosine"] == pytest.approx(4 / 6)


def test_the_tolerance_decides(compared):
    noisy = ROWS + 0.2 * np.random.default_rng(1).normal(size=ROWS.shape)
    assert compared({"v": ROWS}, {"v": noisy})[0] == 3
    assert compared({"v": ROWS}, {"v": noisy}, "--cosine", "0.8")[0] == 0


def test_other_lengths_are_compared_over_the_common_rows(compared):
    status, videos, summary = compared({"v": ROWS}, {"v": ROWS[:5]})
    assert status == 3 and videos["v"]["rows_more"] == -1 and videos["v"]["min_cosine"] == pytest.approx(1)
    assert videos["v"]["verdict"] == "6 and 5 rows" and summary["other_length"] == 1
    assert compared({"v": ROWS}, {"v": ROWS[:5]}, "--rows", "1")[0] == 0


def test_videos_of_one_file_only_are_named(compared):
    status, videos, summary = compared({"a": ROWS, "both": ROWS}, {"both": ROWS, "b": ROWS})
    assert status == 3 and (summary["only_in_A"], summary["only_in_B"], summary["same"]) == (1, 1, 1)
    assert videos["a"]["verdict"] == "not in B" and videos["b"]["verdict"] == "not in A"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_counted_and_never_the_same(compared, value):
    broken = ROWS.copy()
    broken[[1, 3]] = value
    status, videos, summary = compared({"v": broken}, {"v": broken})
    assert status == 3 and videos["v"]["not_finite"] == [2, 2] and summary["not_finite"] == 1


@pytest.mark.parametrize(
    "odd",
    [ROWS[0], np.stack([ROWS, ROWS]), "text", np.float32(1), h5py.Empty("f2"), ROWS[:, :8]],
    ids=["1d", "2TD", "text", "scalar", "empty", "D"],
)
def test_other_shapes_are_named_not_compared(compared, odd):
    status, videos, _ = compared({"v": odd, "w": ROWS}, {"v": ROWS, "w": ROWS})
    assert status == 3 and videos["w"]["verdict"] == "same" and videos["v"]["mean_cosine"] is None
    assert "(T, D)" in videos["v"]["verdict"] or videos["v"]["verdict"] == "8 and 16 features a row"


def test_a_group_is_named(compared):
    status, videos, _ = compared({"v/inner": ROWS}, {"v": ROWS})
    assert (
        status == 3 and videos["v"]["verdict"] == "no (T, D) numbers in A" and videos["v"]["shapes"] == [None, [6, 16]]
    )


def test_rows_of_zeros_are_equal_to_each_other_only(compared):
    zeros = ROWS.copy()
    zeros[0] = 0
    assert compared({"v": zeros}, {"v": zeros})[0] == 0
    assert compared({"v": zeros}, {"v": ROWS})[1]["v"]["min_cosine"] == 0


def test_files_without_videos_are_not_the_same(compared):
    assert compared({}, {})[0] == 3


def test_no_rows_at_all_are_the_same_as_no_rows(compared):
    status, videos, _ = compared({"v": ROWS[:0]}, {"v": ROWS[:0]})
    assert status == 0 and videos["v"]["mean_cosine"] is None


@pytest.fixture
def files(tmp_path):
    """Two equal feature files of two videos."""
    for name in ("a.h5", "b.h5"):
        write_features(tmp_path / name, [Item("v1", ROWS, {}), Item("v2", ROWS, {})], {})
    return tmp_path / "a.h5", tmp_path / "b.h5"


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (lambda path: path.unlink(), "No such file or directory"),
        (lambda path: path.write_bytes(b"no HDF5"), "signature not found"),
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "truncated"),
    ],
)
def test_an_unreadable_file_is_named_in_one_message(files, amdnet, spoil, cause):
    spoil(files[1])
    done = amdnet("compare", *files)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"\nERROR: {files[1]}: cannot be read: ") and cause in done.stderr
    assert done.stderr.count("\n") == 3 and "What to do: " in done.stderr


def test_rows_that_cannot_be_read_are_named_with_their_video(files, amdnet):
    with h5py.File(files[1], "r+") as file:
        del file["v2"]
        file.create_dataset("v2", data=ROWS, compression="gzip")
        place = file["v2"].id.get_chunk_info(0).byte_offset
    content = bytearray(files[1].read_bytes())
    content[place : place + 20] = b"\xff" * 20
    files[1].write_bytes(content)
    done = amdnet("compare", *files)
    assert done.exit_code == 1 and f"{files[1]}, v2: cannot be read: " in done.stderr and done.stdout.startswith("v1  ")


@pytest.mark.parametrize("options", [("--cosine", "2"), ("--rows", "-1"), ("--cosine", "near")])
def test_a_tolerance_that_means_nothing_is_a_wrong_command_line(files, amdnet, options):
    done = amdnet("compare", *files, *options)
    assert done.exit_code == 2 and options[0] in done.stderr and not done.stdout


def test_it_prints_a_line_a_video_and_a_summary(files, amdnet):
    done = amdnet("compare", *files)
    first, _, summary = done.stdout.splitlines()
    assert first.startswith("v1  (6, 16) float16  (6, 16) float16  cosine mean 1.000000") and first.endswith("same")
    assert done.exit_code == 0 and summary.startswith("same: 2 of 2 the same")


def test_a_damaged_file_is_an_error_that_names_it(tmp_path):
    sound, damaged = tmp_path / "a.h5", tmp_path / "b.h5"
    with h5py.File(sound, "w") as file:
        file["plain"] = ROWS
        file.create_dataset("packed", data=ROWS, chunks=(2, 16), compression="gzip")
    whole, draw, named = sound.read_bytes(), random.Random(0), 0
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(draw.choice([1, 2, 8])):
            at = draw.randrange(len(content))
            content[at : at + 4] = draw.choice([bytes(4), b"\xff" * 4, draw.randbytes(4)])
        damaged.write_bytes(content)
        try:
            list(compare_files(sound, damaged, 0.99, 0))
        except PipelineError as error:
            named += str(error.where).startswith(str(damaged))
        damaged.unlink()
    assert named > 20


def test_a_chunk_that_is_too_large_is_not_read(tmp_path):
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file.create_dataset("v", (6, 16), "f4", chunks=(1 << 26, 16), maxshape=(None, 16), compression="gzip")
    with pytest.raises(PipelineError, match="c.h5, v: cannot be read: chunks of shape"):
        list(compare_files(tmp_path / "c.h5", tmp_path / "c.h5", 0.99, 0))
