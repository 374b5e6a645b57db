"""Which file belongs to which video, and which of several is read."""

import unicodedata
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.subtitles.files import by_name, check_language, chosen, owned
from pipeline.subtitles.languages import language_of


def choose(names: list[str], wanted: str = "auto", ids: tuple[str, ...] = ("talk",)) -> str:
    videos = by_name(ids)
    return chosen([owned(Path(name), videos) for name in names], wanted).path.name


@pytest.mark.parametrize(
    ("name", "video", "language"),
    [
        ("talk.srt", "talk", None),
        ("talk.en.vtt", "talk", "en"),
        ("talk.en-US.srt", "talk", "en"),
        ("talk.eng.srt", "talk", "en"),
        ("talk.English.srt", "talk", "en"),
        ("talk.pt_BR.srt", "talk", "pt"),
        ("talk.zh-Hans.vtt", "talk", "zh"),
        ("talk.de.forced.srt", "talk", "de"),
        ("talk.hi.srt", "talk", "hi"),
        ("talk.en.hi.srt", "talk", "en"),
        ("talk.forced.srt", "talk", None),
        ("talk.2.en.srt", "talk.2", "en"),
    ],
)
def test_names_of_a_video_with_a_language(name, video, language):
    file = owned(Path(name), by_name(["talk", "talk.2"]))
    assert (file.video_id, file.language) == (video, language)


@pytest.mark.parametrize("name", ["talk.part2.srt", "talks.srt", "talk_en.srt", "en.srt", ".en.srt", "talk.en.de.srt"])
def test_other_names_belong_to_no_video(name):
    assert owned(Path(name), by_name(["talk"])) is None


def test_a_video_of_the_longer_name_wins():
    assert owned(Path("talk.en.vtt"), by_name(["talk", "talk.en"])).video_id == "talk.en"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_names_are_one(form):
    video_id = unicodedata.normalize("NFD" if form == "NFC" else "NFC", "café")
    assert owned(Path(unicodedata.normalize(form, "café.en.srt")), by_name([video_id])).video_id == video_id


@pytest.mark.parametrize(
    ("names", "wanted", "expected"),
    [
        (["talk.de.srt"], "auto", "talk.de.srt"),
        (["talk.de.srt", "talk.srt"], "auto", "talk.srt"),
        (["talk.de.srt", "talk.en.srt"], "en", "talk.en.srt"),
        (["talk.de.srt", "talk.eng.srt"], "en", "talk.eng.srt"),
        (["talk.de.srt", "talk.srt"], "en", "talk.srt"),
        (["talk.de.srt", "talk.srt"], "de", "talk.de.srt"),
        (["talk.en-GB.srt", "talk.en-US.srt"], "en_us", "talk.en-US.srt"),
        (["talk.en-orig.vtt", "talk.en.vtt"], "auto", "talk.en.vtt"),
        (["talk.en.forced.srt", "talk.en.srt"], "auto", "talk.en.srt"),
        (["talk.forced.srt", "talk.en.srt"], "en", "talk.en.srt"),
    ],
)
def test_the_file_that_is_read(names, wanted, expected):
    assert choose(names, wanted) == choose(names[::-1], wanted) == expected


@pytest.mark.parametrize(
    ("names", "wanted", "cause"),
    [
        (["talk.de.vtt", "talk.en.vtt"], "auto", "subtitles in de, en: name one of them as prepare.subtitle_language"),
        (["talk.de.srt"], "en", r"no subtitles in 'en' \(prepare.subtitle_language\); there are de"),
        (["talk.en-GB.srt", "talk.en-US.srt"], "en", "2 subtitle files .* or name one as prepare.subtitle_language"),
        (["talk.en.srt", "talk.en.vtt"], "en", "2 subtitle files for one video and language: keep one$"),
        (["talk.srt", "talk.vtt"], "auto", "2 subtitle files for one video and language: keep one$"),
    ],
)
def test_several_that_could_be_meant_are_named(names, wanted, cause):
    with pytest.raises(BadRecord, match=cause):
        choose(names, wanted)


def test_the_parameter_is_a_language():
    check_language("auto")
    check_language("pt-BR")
    with pytest.raises(PipelineError, match="'klingon', which is no language code"):
        check_language("klingon")


def test_languages_have_one_spelling():
    assert {language_of(tag) for tag in ("de", "DEU", "ger", "German", "de-AT", "de_CH")} == {"de"}
    assert language_of("part2") is None
