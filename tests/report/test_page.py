"""The whole page: it needs no other file, trusts no text, and is the same for the same inputs."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, read_jsonl, write_json, write_jsonl
from pipeline.report.page import render
from pipeline.retrieval.metrics import chance
from pipeline.video.params import DecodeParams

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
LOADING = {"src", "href", "srcset", "data", "action", "poster"}
HOSTILE = "<script>alert('query')</script>"
VOID = {"meta", "img", "br", "input", "line", "circle", "polyline"}


class Page(HTMLParser):
    """Tags, what they load, and the visible text; fails on a tag that is closed in the wrong order."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.loads, self.words, self.open, self.scripts = [], [], [], [], []
        self.feed(text.replace("<wbr>", ""))
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.loads += [value for name, value in attributes if name in LOADING]
        assert not any(name.startswith("on") for name, _ in attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["script"]:
            self.scripts.append(data)
        elif self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def page(outputs):
    return Page(render(outputs, 4, LIMITS))


def test_nothing_is_loaded_from_elsewhere(outputs):
    text = render(outputs, 4, LIMITS)
    loads = Page(text).loads
    search, pictures = "http://127.0.0.1:8000/#q=", "data:image/jpeg;base64,"
    links = [address for address in loads if not address.startswith(pictures)]
    assert len(loads) > len(links) > 0
    assert all(re.match(r"\.\./|file:///", address) for address in links if not address.startswith(search))
    text = text.replace(search, "").replace(search.partition("#")[0], "")
    assert "url(" not in text and "@import" not in text and re.findall("http(?!-equiv)", text) == []


def test_text_of_users_is_inert(page, outputs):
    assert page.tags.count("script") == 2 and HOSTILE in json.loads(page.scripts[0])["queries"][0]
    (allowed,) = re.findall(r"script-src 'sha256-([^']*)'", render(outputs, 4, LIMITS))
    assert allowed == base64.b64encode(hashlib.sha256(page.scripts[1].encode()).digest()).decode()
    assert "<script>alert('query')</script>" in page.text
    assert "<b>no such video</b>" in page.text


def test_equal_inputs_give_equal_bytes(outputs):
    assert render(outputs, 4, LIMITS) == render(outputs, 4, LIMITS)


def test_the_headline_compares_with_chance(page):
    found = "the right video comes first 50.0 % of the time; a random ranking reaches 50.0 %."
    assert f"test split, {found} SumR is" in page.text
    assert "SumR is 350.0 against 350.0" in page.text and "not to be told from chance" in page.text
    assert "honest protocol: selected on val, reports test" in page.text
    assert "random weights: the backbones of resnet were never trained" in page.text


def test_of_one_video_only_the_sum_is_said(outputs, details):
    one = {**details["splits"]["test"], "chance": chance(1, 4)}
    write_json(outputs / "evaluation" / "details.json", {**details, "splits": {"test": one}})
    assert "test split, SumR is" in Page(render(outputs, 0, LIMITS)).text


def test_error_bars_and_the_seed_stand_beside_the_numbers(page):
    assert "between 310.0 and 390.0 (95 % interval over the videos)" in page.text and "seed 3 alone" in page.text
    assert "mIoU lies between 12.0 and 81.0" in page.text


def test_moments_stand_beside_constant_spans_and_are_called_what_they_are(page):
    for words in ("Learned moment , chosen", "Window of 37.5 %", "Best constant span of train", "Whole video"):
        assert words.replace(" ,", ",") in page.text
    assert "nearly the same windows in every video" in page.text and "mIoU on val" in page.text


def test_any_right_video_stands_beside_the_own_one_where_it_is_known(page, outputs, details):
    own, chance = "test 350.0 50.0 100.0 100.0 100.0 4 2", "test, chance 350.0 50.0 100.0 100.0 100.0"
    assert own in page.text and "any right video" not in page.text.lower()
    found = {"R@1": 75.0, "R@5": 100.0, "R@10": 100.0, "R@100": 100.0, "SumR": 375.0, "right videos a query": 1.25}
    test = {**details["splits"]["test"], "retrieval_any": found}
    splits = {**details["splits"], "test": test}
    write_json(outputs / "evaluation" / "details.json", {**details, "splits": splits})
    text = Page(render(outputs, 0, LIMITS)).text
    assert f"{own} {chance} test, any right video 375.0 75.0 100.0 100.0 100.0 val" in text
    assert "val, any right video" not in text and "1.25 in test" in text


def test_the_tasks_the_types_and_the_errors_have_their_tables(page):
    assert "the localizer prem" in page.text
    assert "VCMR, IoU 0.7 38.0 39.0 40.0 41.0" in page.text
    assert "VCMR, IoU 0.7 said 98.0" in page.text
    assert "Where moments are missed" in page.text and "1.5 to 2.2 s 3 46.7 33.3" in page.text


def test_how_many_spans_nms_leaves_is_said(page):
    assert (
        "leaves a query 20.0 of 40.0 in SVMR (100.0 % of the queries have fewer than 100), "
        "and 64.5 of 182.2 in VCMR (75.0 % of the queries have fewer than 100), on average." in page.text
    )


def test_the_localizers_spans_and_boundaries_stand_on_the_time_line(page, outputs):
    assert "best 2 scores 0.75 to 0.125" in page.text
    assert "start peak 0.75 at 1.5 s end peak 0.70 at 4.0 s" in page.text and "asks for what is said" in page.text
    path = outputs / "evaluation" / "boundaries_test.jsonl"
    empty = {"clip_ends": [], "start": [], "end": []}
    write_jsonl(path, [{**row, **empty} for row in read_jsonl(path)])
    text = Page(render(outputs, 4, LIMITS)).text
    assert "best 2" in text and "peak" not in text and "The lines below" not in text


def test_a_leak_is_a_warning_at_the_top(outputs):
    prepare = read_json(outputs / "manifest" / "prepare.json")
    groups = [{"train": ["a"], "test": ["b", "c"]}]
    write_json(
        outputs / "manifest" / "prepare.json", {**prepare, "leaks": {"test_videos": 2, "of": 9, "groups": groups}}
    )
    text = Page(render(outputs, 0, LIMITS)).text
    assert "leak: the content of 2 of 9 test videos is in another split too" in text
    assert text.index("leak:") < text.index("SumR is")


def test_what_was_cut_is_as_loud_as_what_failed(outputs):
    numbers = read_json(outputs / "features" / "query.json")
    write_json(outputs / "features" / "query.json", {**numbers, "queries": 12, "truncated": 3})
    text = Page(render(outputs, 0, LIMITS)).text
    assert "query 3 25 % cut to the most tokens that are read" in text


def test_a_video_that_cannot_be_read_has_a_note(page):
    assert "No pictures: the video cannot be read (the file does not exist)." in page.text


def test_hits_and_misses_are_shown(page, outputs):
    assert page.text.index("Hits") < page.text.index("Misses")
    assert page.tags.count("article") == 3  # one hit overlaps its annotated span too little
    assert "article" not in Page(render(outputs, 0, LIMITS)).tags


def test_what_was_left_out_is_named(page):
    for words in ("query query9 (prepare, captions.jsonl:9)", "1 of 3 videos", "prepare.json and in the feature"):
        assert words in page.text
    assert "1 × no frame unreadable (resnet, slowfast)" in page.text and "not listed here" not in page.text


def test_the_most_frequent_causes_are_listed(outputs, monkeypatch):
    monkeypatch.setattr("pipeline.report.tables.LISTED", 1)
    text = Page(render(outputs, 0, LIMITS)).text
    assert "Causes that are not listed here: 1." in text and "unreadable (" in text and "query9 (" not in text


def test_without_annotated_spans_the_page_says_so(outputs, details):
    split = {
        **details["splits"]["test"],
        "queries_with_spans": 0,
        "moments": None,
        "whole_video": None,
        "moment_errors": None,
    }
    split["tasks"] = {"VR": split["tasks"]["VR"]}
    write_json(outputs / "evaluation" / "details.json", {**details, "splits": {"test": split}})
    text = Page(render(outputs, 2, LIMITS)).text
    assert "has an annotated span, so moments are not measured" in text and "SVMR" not in text


def test_curves_have_plain_names_and_one_that_never_changes_is_left_out(outputs):
    curves = outputs / "training" / "plots" / "metrics"
    (curves / "learning_rate.tsv").write_text("step\tlearning_rate\n1\t0.0\n2\t0.0\n")
    text = Page(render(outputs, 0, LIMITS)).text
    assert "SumR on val at the end 333" in text and "Learning rate" not in text
    assert "Of 9 epochs the model of epoch 2 was kept." in text and "chosen: 2" in text


def test_no_tile_says_what_any_ranking_would_reach(page, outputs, details):
    assert "R@100 100.0 chance" not in page.text and "R@1 50.0 95 %: 20.0 to 80.0 chance 50.0" in page.text
    assert (
        "mIoU 46.7 95 %: 12.0 to 81.0 whole video" in page.text and "R@100 is 100, whatever the model does" in page.text
    )


def test_where_no_video_has_a_file_it_is_said_once(outputs):
    path = outputs / "manifest" / "videos.jsonl"
    write_jsonl(path, [{**row, "path": None} for row in read_jsonl(path)])
    page = render(outputs, 4, LIMITS)
    assert page.count("There are no pictures") == 1 and "No pictures:" not in page and "data:image" not in page
    assert 'class="play" href' not in page


def test_a_video_without_features_is_marked_and_one_whose_query_has_none_is_not(outputs):
    numbers = read_json(outputs / "features" / "resnet.json")
    failures = [{"video_id": "gone", "cause": ""}, {"video_id": "here", "query_id": "query1", "cause": ""}]
    write_json(outputs / "features" / "resnet.json", {**numbers, "failures": failures})
    listed = json.loads(Page(render(outputs, 0, LIMITS)).scripts[0])
    assert {listed["names"][row[0]][0]: row[4] for row in listed["videos"]} == {"here": True, "gone": False}


def test_nobody_is_sent_to_a_search_that_has_no_encoder(page, outputs):
    numbers = read_json(outputs / "features" / "query.json")
    assert "search for it" in page.text and json.loads(page.scripts[0])["search"]
    write_json(outputs / "features" / "query.json", {**numbers, "imported": 12})
    page = Page(render(outputs, 4, LIMITS))
    assert "search for it" not in page.text and json.loads(page.scripts[0])["search"] is None


def test_the_command_and_the_parameters_are_there(page):
    assert "dvc exp run \\ -S dataset=folder -S 'source=/my data' -S model=amdnet \\ -S prepare" in page.text
    assert "-S train.seed=3 -S train.reuse=none \\ -S recipes/amdnet.yaml:default.hidden=64" in page.text
    assert "evaluate.answer auto" in page.text and "recipe.hidden" in page.text and "resnet.size" in page.text


def test_a_long_name_breaks_behind_its_dots_and_underscores(outputs):
    trained = outputs / "model" / "training.json"
    write_json(trained, {**read_json(trained), "missing_<b>videos": 0})
    assert "<code>training.<wbr>missing_<wbr>&lt;b&gt;videos</code>" in render(outputs, 4, LIMITS)


def test_a_long_list_is_cut_and_says_so(outputs):
    prepare = read_json(outputs / "manifest" / "prepare.json")
    prepare["refused"] = [{**prepare["refused"][0], "id": f"query{k}"} for k in range(500)]
    write_json(outputs / "manifest" / "prepare.json", prepare)
    text = Page(render(outputs, 0, LIMITS)).text
    assert "500 × <b>no such video</b> query query0 (" in text and "captions.jsonl:9) and 495 more" in text


def test_a_missing_input_is_named(outputs):
    (outputs / "evaluation" / "details.json").unlink()
    with pytest.raises(PipelineError, match="details.json"):
        render(outputs, 0, LIMITS)
