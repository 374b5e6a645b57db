"""YAML files: read as DVC reads them, whatever nests in them, and a broken one is named with its line."""

import sys

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_yaml

DEEP = 50_000
BLOCK = "".join(f"{' ' * level}a:\n" for level in range(1500)) + f"{' ' * 1500}b"


def read(tmp_path, text: str):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    return read_yaml(path, absent="write it")


def test_numbers_are_those_of_dvc(tmp_path):
    text = "a: 5e-05\nb: 1_000\nc: yes\nd: 012\ne: [1, {f: null}]\n"
    assert read(tmp_path, text) == {"a": 5e-05, "b": 1000, "c": "yes", "d": 12, "e": [1, {"f": None}]}


@pytest.mark.parametrize(
    "text", ["[" * DEEP + "]" * DEEP, "{a: " * DEEP + "}" * DEEP, "- " * DEEP + "b", BLOCK], ids="[{-b"
)
def test_what_nests_too_deeply_is_refused_and_ends_no_process(tmp_path, text):
    assert sys.getrecursionlimit() <= 1500
    with pytest.raises(PipelineError, match="nested too deeply") as error:
        read(tmp_path, text)
    assert "a.yaml" in str(error.value)


def test_many_lists_beside_each_other_are_read(tmp_path):
    assert read(tmp_path, "a:\n" + "- [1, 2]\n" * 3000) == {"a": [[1, 2]] * 3000}


def test_the_line_of_a_mistake_is_named(tmp_path):
    with pytest.raises(PipelineError, match="(?s)not valid YAML: .*line 3") as error:
        read(tmp_path, "a: 1\nb: 2\n  c: [3\n")
    assert "a.yaml" in str(error.value)
