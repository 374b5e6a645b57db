"""The text of a file whose encoding nobody tells, or one sentence on how to convert it."""

import pytest

from pipeline.core.ids import BadRecord
from pipeline.subtitles.encodings import decode

TEXTS = [
    ("cp1252", "Où est passé le garçon ?\nÇa va, à bientôt à la fête."),
    ("cp1252", "Wo ist der Schlüssel für die Tür?\nDas weiß ich nicht."),
    ("cp1252", "¿Dónde está el niño?\nMañana iremos a la montaña."),
    ("cp1252", "Não sei o que você está fazendo."),
    ("cp1252", "It’s a “nice” day."),
    ("cp1252", "ÇA VA, À BIENTÔT À LA FÊTE."),
    ("cp1251", "ГДЕ МОИ КЛЮЧИ?\nЯ НЕ ЗНАЮ, ЧТО ПРОИСХОДИТ."),
    ("cp1250", "Nie wiem, co się dzieje.\nProszę, przyjdź jutro wcześnie."),
    ("cp1250", "Příští týden přijedu domů.\nKde je můj klíč?"),
    ("cp1251", "Где мои ключи?\nЯ не знаю, что происходит."),
    ("cp1251", "Къде са ключовете ми?\nНе знам какво става."),
    ("koi8_r", "Где мои ключи?\nЯ не знаю, что происходит."),
    ("cp1253", "Πού είναι τα κλειδιά μου;\nΔεν ξέρω τι συμβαίνει."),
    ("cp1254", "Ne olduğunu bilmiyorum.\nLütfen yarın erken gel, şimdi değil."),
    ("cp1255", "איפה המפתחות שלי?\nאני לא יודע מה קורה."),
    ("cp1256", "أين مفاتيحي؟\nلا أعرف ماذا يحدث."),
    ("gb18030", "我的钥匙在哪里？\n我不知道发生了什么事。"),
    ("big5", "我的鑰匙在哪裡？\n我不知道發生了什麼事。"),
    ("cp932", "私の鍵はどこですか？\n何が起こっているのか分かりません。"),
    ("euc_jp", "私の鍵はどこですか？\n何が起こっているのか分かりません。"),
    ("cp949", "내 열쇠가 어디 있어요?\n무슨 일이 일어나는지 모르겠어요."),
]


def srt(text: str) -> str:
    return "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}\n\n" for n, line in enumerate(text.split("\n"), 1))


@pytest.mark.parametrize(("encoding", "text"), TEXTS)
def test_legacy_encodings(encoding, text):
    assert decode(srt(text).encode(encoding))[0] == srt(text)


@pytest.mark.parametrize("text", [text for _, text in TEXTS])
@pytest.mark.parametrize(
    ("encoding", "mark", "named"),
    [
        ("utf-8", "", "utf-8"),
        ("utf-8", "\ufeff", "utf-8"),
        ("utf-16-le", "\ufeff", "utf-16"),
        ("utf-16-be", "\ufeff", "utf-16"),
        ("utf-16-le", "", "utf-16-le"),
        ("utf-16-be", "", "utf-16-be"),
        ("utf-32-le", "\ufeff", "utf-32"),
    ],
)
def test_unicode(encoding, mark, named, text):
    assert decode((mark + srt(text)).encode(encoding)) == (srt(text), named)


def test_the_encoding_that_xml_declares():
    text = '<?xml version="1.0" encoding="ISO-8859-2"?><tt>Příští týden</tt>'
    assert decode(text.encode("iso-8859-2")) == (text, "iso-8859-2")


def test_a_codec_of_python_that_is_no_encoding_of_text_is_not_believed():
    text = '<?xml version="1.0" encoding="punycode"?><tt>Příští týden přijedu domů. Kde je můj klíč?</tt>'
    assert decode(text.encode("cp1250"))[0] == text


def test_a_wrong_byte_in_utf8_stays_one_wrong_byte():
    text, encoding = decode("café und Brücke ".encode() + b"\xe9")
    assert (text, encoding) == ("café und Brücke \udce9", "utf-8")


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        ("Les noms ont été modifiés.\nIl a répété".encode("cp850"), "neither UTF-8 nor"),
        (bytes(range(1, 256)) * 20, "neither UTF-8 nor"),
        ("a text that was cut".encode("utf-16") + b"x", "not the utf-16 text that it begins as"),
    ],
)
def test_what_cannot_be_told_is_refused_with_advice(raw, cause):
    with pytest.raises(BadRecord, match=f"{cause}.*iconv -f"):
        decode(raw)


def test_what_is_no_text_is_refused():
    with pytest.raises(BadRecord, match="zero bytes"):
        decode(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 10)
