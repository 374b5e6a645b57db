"""The reader of literals and Python's own agree on every dictionary, and on every text that the reader takes."""

import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.packs import literal

names = st.text(max_size=12)
dictionaries = st.dictionaries(names, st.lists(names, max_size=4), max_size=4)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """read(text, block) -> the entries of a file with this text, read `block` characters at a time."""
    path = tmp_path_factory.mktemp("literal") / "video2frames.txt"

    def read(text: str, block: int) -> list[tuple[str, list[str]]]:
        path.write_text(text, encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(literal, "BLOCK", block)
            return list(literal.entries(path))

    return read


@given(dictionaries, st.integers(1, 40))
def test_every_dictionary_that_python_writes_is_read_back(read, written, block):
    assert read(repr(written), block) == list(written.items())


def quoted(name: str, mark: str) -> str:
    """`name` between these quotes, each character that is neither ASCII nor printable as an escape."""
    escaped = name.encode("unicode_escape").decode("ascii").replace(mark, f"\\{mark}")
    return f"{mark}{escaped}{mark}"


@given(dictionaries, st.data())
def test_spaces_prefixes_quotes_and_a_last_comma_change_nothing(read, written, data):
    def name(text: str) -> str:
        return data.draw(st.sampled_from(["", "u"])) + quoted(text, data.draw(st.sampled_from("'\"")))

    def joined(parts: list[str]) -> str:
        return ", ".join(parts) + ("," if parts and data.draw(st.booleans()) else "")

    pad = data.draw(st.sampled_from(["", " ", "\n", "\n \n"]))
    lists = [f"{name(key)}{pad}:{pad}[{pad}{joined([name(one) for one in ones])}]" for key, ones in written.items()]
    assert read(f"{{{pad}{joined(lists)}{pad}}}{pad}", data.draw(st.integers(1, 40))) == list(written.items())


PIECES = ["{", "}", "[", "]", ":", ",", "'", '"', "\\", "'a'", '"b"', "u'c'", "\\x41", "n", " ", "\n", "1", "()", "+"]


@st.composite
def damaged(draw) -> str:
    """What Python writes for a dictionary, without some of its tokens and with others between them."""
    written = draw(st.dictionaries(st.sampled_from("ab"), st.lists(st.sampled_from("cd"), max_size=2), min_size=1))
    tokens = re.findall(r"'.'|\S", repr(written))
    for _ in range(draw(st.integers(1, 2))):
        position = draw(st.integers(0, len(tokens)))
        tokens[position : position + draw(st.integers(0, 1))] = draw(st.lists(st.sampled_from(PIECES), max_size=1))
    return " ".join(tokens)


@given(damaged(), st.integers(1, 8))
@settings(max_examples=3 * settings().max_examples)
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_what_is_read_is_what_python_reads_and_all_else_is_an_error(read, text, block):
    try:
        found = read(text, block)
    except PipelineError:
        return
    assert dict(found) == ast.literal_eval(text.strip())
