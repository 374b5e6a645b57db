"""What the first bytes of a file say."""

import pytest

from pipeline.core.encoding import encoding_of


@pytest.mark.parametrize(
    "text",
    ["vid_name;desc\nv1;A ball.\n", "vid_name\tdesc\nv1\t\u4e00\u4e2a\u7537\u4eba\u6253\u5f00\u95e8\n" * 9, "id"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_encoding_gives_the_text_back(text, encoding):
    raw = text.encode(encoding)
    assert raw.decode(encoding_of(raw)) == text


def test_a_zero_byte_in_a_text_is_no_encoding():
    assert encoding_of(b"a line\n" * 9 + b"\0\7\n") == "utf-8" and encoding_of(b"") == "utf-8"
