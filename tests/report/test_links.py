"""Links lead to the file from where the report lies, and whatever a name or a sentence holds stays within its link."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from pipeline.report.links import at, file_link, page_link


def test_a_file_below_the_project_is_linked_from_the_folder_of_the_report():
    assert file_link("data/my videos/a#1?.mp4") == "../data/my%20videos/a%231%3F.mp4"


def test_any_other_file_is_linked_by_its_place():
    assert file_link("/data/ä%.mp4") == "file:///data/%C3%A4%25.mp4"


def test_no_file_is_no_link():
    assert file_link(None) is None and at(None, {"start": 1, "end": 2}) is None


def test_a_span_is_played_from_start_to_end():
    assert at("../a.mp4", {"start": 1.234, "end": 15}) == "../a.mp4#t=1.23,15.00"


@pytest.mark.parametrize("text", ["a dog & a cat", 'a "dog"#1', "50% of dogs=all", "ein Hündchen\n"])
def test_the_page_is_told_the_sentence_and_the_video(text):
    parts = urlsplit(page_link(text, "v&1"))
    assert (parts.scheme, parts.netloc) == ("http", "127.0.0.1:8000")
    assert parse_qs(parts.fragment) == {"q": [text], "v": ["v&1"]} and "+" not in parts.fragment
    assert unquote(parts.fragment).startswith("q=")
