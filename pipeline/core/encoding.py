"""Tells the Unicode encoding of a text file from its first bytes. Test: tests/core/test_encoding.py."""

import codecs

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

SAVE_AS_UTF8 = "save the file as UTF-8 (in Excel `CSV UTF-8`, else `iconv -f WINDOWS-1252 -t UTF-8 old > new`)"


def encoding_of(head: bytes) -> str:
    """Return the encoding that a byte order mark names, or UTF-16 where many bytes are zero; else `utf-8`."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 20 and 2 * min(even, odd) <= max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    return "utf-8"
