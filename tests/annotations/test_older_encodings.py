"""Lines in an older encoding among others in UTF-8: named where it can be told, and read in it."""

import pytest

from pipeline.annotations.common.older_encodings import mended, told_encoding


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("Un café, en été", "cp1252", "windows-1252"),
        ("Naïve", "cp1252", "windows-1252"),
        ("Девочка бежит по берегу", "cp1251", "windows-1251"),
        ("Dziewczyna biegnie wzdłuż plaży, śmiejąc się głośno", "cp1250", "windows-1250"),
    ],
)
def test_the_encoding_is_told(text, encoding, told):
    raw = text.encode(encoding)
    assert told_encoding(raw) == told
    half = f"Ünïcode stays\n{raw.decode('utf-8', 'surrogateescape')}\nplain"
    assert mended(half) == f"Ünïcode stays\n{text}\nplain"


def test_what_is_text_of_no_encoding_stays():
    broken = b"\x81\x8d\x8f".decode("utf-8", "surrogateescape")
    assert mended(broken) == broken and mended("all is well") == "all is well"
