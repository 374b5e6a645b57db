"""Decodes a subtitle file whose encoding nobody tells.

These are tried in order: a byte order mark, the zero bytes of UTF-16, UTF-8, what an XML file declares, and then the
encodings in use before UTF-8, as chardet ranks them. Test: tests/subtitles/test_encodings.py.
"""

import codecs
import re
from contextlib import suppress
from itertools import pairwise

import chardet

from pipeline.core.encoding import MARKS
from pipeline.core.ids import BadRecord

DECLARED = re.compile(
    rb"""\s*<\?xml[^>]*\sencoding=["'](iso-8859-\d+|windows-\d+|koi8-[ru]|gb\w+|big5|shift_jis|euc-\w+)["']""",
    re.IGNORECASE,
)

SAMPLE = 50_000
"""The most characters by which an encoding is judged; lines of plain ASCII tell nothing and are left out."""

LEGACY = (
    *("windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256"),
    *("windows-1257", "koi8-r", "gb18030", "big5", "cp932", "euc-jp", "cp949", "cp874"),
)
LEAST_CONFIDENCE = 0.03
LEAST_LEAD = 1.1
"""How many times as likely the best encoding must be as the next one that gives another text."""

MOST_BROKEN_WORDS = 0.2
"""The largest share of the characters beyond ASCII that may stand in words of a kind that a wrong encoding makes."""
NOT_LATIN = r"[\u0370-\u1dff\u2c00-\ud7ff]"
BROKEN_WORD = re.compile(
    r"(?<=[^\W\d_])[^\w\s\x00-\x7f\u00ad\u00b7\u2010-\u2019](?=[^\W\d_])"  # a sign between two letters
    rf"|(?<=[A-Za-z])(?={NOT_LATIN})|(?<={NOT_LATIN})(?=[A-Za-z])"  # two scripts
)

LEAST_FOREIGN = 0.15
"""The least share of letters of another script than Latin in a text that is written in that script."""

CONVERT = "convert it to UTF-8, for example with `iconv -f WINDOWS-1252 -t UTF-8 old.srt > new.srt`"


def decode(raw: bytes) -> tuple[str, str]:
    """Return the text and the name of its encoding; in UTF-8 a wrong byte becomes a lone surrogate.

    Raises BadRecord, which says how to convert the file, where the encoding cannot be told.
    """
    for mark, encoding in MARKS.items():
        if raw.startswith(mark):
            return _decoded(raw, encoding, errors="surrogateescape" if mark == codecs.BOM_UTF8 else "strict")
    if b"\0" in raw:
        return _decoded(raw, _utf16_without_mark(raw))
    text = raw.decode("utf-8", "surrogateescape")
    if text.isascii() or _is_mostly_utf8(text):
        return text, "utf-8"
    declared = DECLARED.match(raw)
    if declared:
        return _decoded(raw, declared[1].decode())
    return older(raw)


def _decoded(raw: bytes, encoding: str, errors: str = "strict") -> tuple[str, str]:
    try:
        return raw.decode(encoding, errors), encoding.lower().removesuffix("-sig")
    except (UnicodeError, LookupError):
        raise BadRecord(f"not the {encoding} text that it begins as; {CONVERT}") from None


def _utf16_without_mark(raw: bytes) -> str:
    """Return the encoding by whether even or odd bytes are zero, as those of digits, spaces and line breaks are."""
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    if len(raw) % 2 == 0 and max(even, odd) > len(raw) / 20 and min(even, odd) < max(even, odd) / 20:
        return "utf-16-be" if even > odd else "utf-16-le"
    raise BadRecord("it holds zero bytes, so it is no text")


def _is_mostly_utf8(text: str) -> bool:
    wrong = len(re.findall("[\udc80-\udcff]", text))
    return len(re.findall("[^\0-\x7f]", text)) >= 2 * wrong


def older(raw: bytes) -> tuple[str, str]:
    """Return the text and the most likely encoding of text from before UTF-8; raises BadRecord as `decode` does."""
    guesses = []
    for encoding in LEGACY:
        with suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            guesses.append((_confidence(text, encoding), encoding, text))
    guesses = sorted((guess for guess in guesses if guess[0] >= LEAST_CONFIDENCE), reverse=True)
    if not guesses:
        raise BadRecord(f"neither UTF-8 nor text of an encoding that can be told; {CONVERT}")
    confidence, encoding, text = guesses[0]
    rival = next(((rank, name) for rank, name, other in guesses if other != text), (0.0, ""))
    if confidence < LEAST_LEAD * rival[0]:
        raise BadRecord(f"not UTF-8, and it cannot be told whether it is {encoding} or {rival[1]}; {CONVERT}")
    return text, encoding


def _confidence(text: str, encoding: str) -> float:
    """Return chardet's confidence that the text is in this encoding.

    The text is judged in lower case, in which chardet knows a language's letters best. The confidence is 0 for a text
    of broken words, and for one of Latin letters with a few of another script among them.
    """
    sample = "\n".join(line for line in text.split("\n") if not line.isascii())[:SAMPLE]
    capitals = sum(b.isupper() and a.islower() and not b.isascii() for a, b in pairwise(sample))
    beyond = sum(not character.isascii() for character in sample)
    foreign, latin = (len(re.findall(letters, sample)) for letters in (NOT_LATIN, "[A-Za-z]"))
    broken = capitals + len(BROKEN_WORD.findall(sample)) > MOST_BROKEN_WORDS * beyond
    if broken or 0 < foreign < LEAST_FOREIGN * (foreign + latin):
        return 0.0
    found = chardet.detect_all(
        sample.lower().encode(encoding, "ignore"),
        ignore_threshold=True,
        include_encodings=[encoding, "windows-1252"],
    )
    return max((guess["confidence"] for guess in found if (guess["encoding"] or "").lower() == encoding), default=0.0)
