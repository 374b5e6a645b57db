"""The report of videos without queries: what was extracted, pictures of some videos, and nothing that is empty."""

import html

import pytest

from pipeline.core.files import read_json, write_json, write_jsonl
from pipeline.core.manifest import Video
from pipeline.report.page import render
from pipeline.report.searchable import length, searchable
from pipeline.video.params import DecodeParams

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
HOSTILE = "<script>alert('folder')</script>"
ORIGIN = {"path": HOSTILE, "dataset": "tvr", "protocol": "honest"}


@pytest.fixture
def without_queries(outputs, details):
    """The outputs of a run that reuses a model and has no queries; of its two videos one has no file any more."""
    nothing = {"reported_split": None, "selection_split": None, "splits": {}, "answer": {"window": 0.375}}
    write_json(outputs / "evaluation" / "details.json", {**details, **nothing, "videos": 2, "missing_videos": []})
    write_json(outputs / "evaluation" / "recall.json", [])
    for kind in ("rankings", "moments", "boundaries"):
        write_jsonl(outputs / "evaluation" / f"{kind}_test.jsonl", [])
    (outputs / "training" / "plots" / "metrics" / "selection" / "SumR.tsv").write_text("step\tSumR\n")
    config = read_json(outputs / "model" / "config.json")
    write_json(outputs / "model" / "config.json", {**config, "reused": ORIGIN})
    write_json(outputs / "model" / "training.json", {"parameters": 1234567, "seconds": 0.0})
    prepare = read_json(outputs / "manifest" / "prepare.json")
    write_json(outputs / "manifest" / "prepare.json", {**prepare, "subtitles": 1})
    return outputs


def test_the_page_says_what_can_be_searched_and_has_no_empty_parts(without_queries):
    page = render(without_queries, 4, LIMITS)
    assert "These 2 videos can be searched" in page and "amdnet serve" in page
    assert "a window of 37.5 % of the video" in page
    assert page.count("data:image/jpeg") == 1 and '"gone"' in page
    assert "<td>resnet</td>" in page and "captions.jsonl:9" in page
    for absent in ("<polyline", "SumR", "<h2>Moments", "<h2>Training", "<h2>Examples", '<th scope="col">Split'):
        assert absent not in page
    assert HOSTILE not in page and html.escape(HOSTILE, quote=False).replace("'", "&#39;") in page
    assert "reused model: trained on tvr, not on these videos" in page
    assert page == render(without_queries, 4, LIMITS)


def test_queries_of_a_reused_model_have_no_curves_of_training(outputs):
    details = read_json(outputs / "evaluation" / "details.json")
    answer = {"asked": "auto", "chosen": "window", "width": 0.375, "reused": True, "constant_span": None}
    split = {**details["splits"]["test"], "constant_span": None}
    changed = {"answer": answer, "selection_split": None, "splits": {"test": split}}
    write_json(outputs / "evaluation" / "details.json", {**details, **changed})
    config = read_json(outputs / "model" / "config.json")
    write_json(outputs / "model" / "config.json", {**config, "reused": ORIGIN})
    (outputs / "training" / "plots" / "metrics" / "selection" / "SumR.tsv").write_text("step\tSumR\n")
    page = render(outputs, 2, LIMITS)
    assert "as it was chosen where the model was trained" in page and "Nothing was trained" in page
    assert "split selected the model" not in page and "None" not in page


def test_what_can_be_searched_is_counted():
    videos = [Video(f"v{number:02}", None, "", 60.0, ("test",)) for number in range(20)]
    details = {"missing_videos": ["v00"], "answer": {"window": None}}
    found = searchable(details, {"reused": ORIGIN}, videos)
    assert (found["videos"], found["missing"], found["length"]) == (19, 1, "19 min 0 s")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(8.4, "8 s"), (59.6, "59 s"), (125, "2 min 5 s"), (3599.9, "59 min 59 s"), (3661e3, "1,016 h 56 min")],
)
def test_lengths_are_in_two_units(seconds, words):
    assert length(seconds) == words
