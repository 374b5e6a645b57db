"""A dictionary of lists of names is read whatever the blocks; nothing is ever executed."""

import tracemalloc

import pytest

from pipeline.core.errors import PipelineError
from pipeline.packs import literal


def read(tmp_path, text):
    path = tmp_path / "video2frames.txt"
    path.write_text(text, encoding="utf-8")
    return list(literal.entries(path))


LISTS = {"v_-01K1HxqPB8": ["v_-01K1HxqPB8_0", "v_-01K1HxqPB8_10"], "it's": ['a"b\\', "\xe9"], "empty": []}


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_what_python_writes_is_read_whatever_the_blocks(tmp_path, monkeypatch, block):
    monkeypatch.setattr(literal, "BLOCK", block)
    assert dict(read(tmp_path, str(LISTS))) == LISTS
    assert dict(read(tmp_path, "{ u'a' :\n ['x', ] , }\n")) == {"a": ["x"]}
    assert read(tmp_path, "{}") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "['a']",
        "{'a': 'b'}",
        "{'a': ['b']",
        "{'a': ['b'",
        "{'a' ['b']}",
        "{'a': ['b' 'c']}",
        "{'a': [1]}",
        "{'a': ['b']} {}",
        "{'a': ['b']}, x",
        "{'a': [f'{1}']}",
        "{'a': ['b'] + ['c']}",
        "{,}",
        "'" * 3,
        "{'\\N{nonsense}': []}",
        "{'a': ['" + "x" * 200_000,
    ],
)
def test_what_is_no_dictionary_of_lists_is_an_error(tmp_path, text):
    with pytest.raises(PipelineError, match="not a dictionary of lists of names"):
        read(tmp_path, text)


def test_an_expression_is_not_executed(tmp_path):
    mark = tmp_path / "executed"
    with pytest.raises(PipelineError, match="unexpected .__import__"):
        read(tmp_path, f"__import__('pathlib').Path({str(mark)!r}).touch()")
    with pytest.raises(PipelineError):
        read(tmp_path, f"{{'a': [open({str(mark)!r}, 'w').name]}}")
    assert not mark.exists()


def test_memory_is_that_of_one_video(tmp_path):
    path = tmp_path / "video2frames.txt"
    path.write_text(str({f"v{i}": [f"v{i}_{k}" for k in range(50)] for i in range(3000)}))
    tracemalloc.start()
    try:
        assert sum(len(names) for _, names in literal.entries(path)) == 150_000
        assert (
            tracemalloc.get_traced_memory()[1] < 3_000_000
        )  # of a file of 1.7 MB; its parse as code takes 50 times that
    finally:
        tracemalloc.stop()
