"""Sentences that the page saves: what is written, what is refused, and that prepare reads them."""

import json

import pytest
from helpers.searching import FakeSearch
from helpers.web import HOSTS, FakePosters, ask, post, running

from pipeline.annotations.common.own_videos import read_queries
from pipeline.core.errors import PipelineError
from pipeline.search.results import IndexedVideo
from pipeline.service.app import make_app
from pipeline.service.notebook import Notebook

NOTE = {"id": "a", "start": 1.0, "end": 2.5, "text": "A ball\nrolls, é."}


@pytest.fixture
def source(tmp_path):
    """A folder of two videos and no queries."""
    (tmp_path / "videos").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "videos" / name).touch()
    return tmp_path


def video(video_id):
    return IndexedVideo(video_id, f"{video_id}.mp4", None, 9.99)


@pytest.fixture
def ported(source):
    """The port of a service that writes into the folder; `c` is a video of the index alone."""
    search = FakeSearch([video("a"), video("b"), video("c")])
    with running(make_app(search, FakePosters(), HOSTS, None, Notebook(source, by_path=False))) as port:
        yield port


def own(port):
    return {"Origin": f"http://127.0.0.1:{port}"}


def rows(source):
    return [json.loads(line) for line in (source / "queries.jsonl").read_text().splitlines()]


def test_a_sentence_is_added_and_read(source, ported):
    assert ask(ported, "/api/about").json["writes"] is True and not (source / "queries.jsonl").exists()
    answers = [post(ported, "/api/queries", note, own(ported)) for note in (NOTE, {**NOTE, "end": 12.0})]
    assert [(answer.status, answer.json) for answer in answers] == [(201, {"count": 1}), (201, {"count": 2})]
    assert rows(source)[0] == {"vid_name": "a", "desc": "A ball rolls, é.", "ts": [1.0, 2.5]}
    annotations = read_queries(source, by_path=False)
    assert [(query.query_id, query.spans) for query in annotations.queries] == [
        ("a#0", ((1.0, 2.5),)),
        ("a#1", ((1.0, 9.99),)),
    ]
    assert annotations.refused == [] and annotations.corrections == []


@pytest.mark.parametrize(
    ("note", "status", "sentence"),
    [
        ({**NOTE, "id": "nobody"}, 404, "The index has no video with this id."),
        ({**NOTE, "id": "c"}, 422, "This video is not in the folder to whose queries sentences are added."),
        ({**NOTE, "end": 1.0}, 422, "The moment must end after its start, and lie in the video."),
        ({**NOTE, "start": 11.0, "end": 12.0}, 422, "The moment must end after its start, and lie in the video."),
        ({**NOTE, "text": " ?! "}, 422, "Write a sentence that says what happens."),
        ({**NOTE, "text": "a" * 1001}, 422, None),
        ({**NOTE, "start": -1.0}, 422, None),
        ({**NOTE, "start": "1"}, 422, None),
        ({**NOTE, "split": "test"}, 422, None),
        ({"id": "a"}, 422, None),
        (b'{"id": "a", "start": NaN, "end": 2, "text": "x"}', 422, None),
        (b"[" * 1000, 422, None),
    ],
)
def test_what_is_no_sentence_of_a_moment_is_refused(source, ported, note, status, sentence):
    answer = post(ported, "/api/queries", note, own(ported))
    assert answer.status == status and (sentence is None or answer.json == {"error": sentence})
    assert str(source) not in answer.body.decode() and not (source / "queries.jsonl").exists()


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_only_the_page_itself_may_write(source, ported, headers):
    assert post(ported, "/api/queries", NOTE, headers).status == 403
    cross = {**own(ported), "Sec-Fetch-Site": "cross-site"}
    assert post(ported, "/api/queries", NOTE, cross).status == 403
    assert post(ported, "/api/queries", NOTE, {**own(ported), "Content-Type": "text/plain"}).status == 415
    assert ask(ported, "/api/queries", headers=own(ported)).status == 405
    assert not (source / "queries.jsonl").exists()


def test_without_a_notebook_nothing_is_written(source):
    with running(make_app(FakeSearch([video("a")]), FakePosters(), HOSTS)) as port:
        answer = post(port, "/api/queries", NOTE, own(port))
        assert answer.status == 403 and "amdnet serve --write" in answer.json["error"]
        assert ask(port, "/api/about").json["writes"] is False
    assert not (source / "queries.jsonl").exists()


def test_a_file_that_has_become_unwritable_is_an_error_of_the_server(source, ported):
    (source / "queries.jsonl").symlink_to("elsewhere")
    answer = post(ported, "/api/queries", NOTE, own(ported))
    assert answer.status == 500 and str(source) not in answer.body.decode() and not (source / "elsewhere").exists()


def test_where_splits_are_named_a_video_without_one_is_put_into_train(source):
    (source / "queries.jsonl").write_text('{"vid_name": "a", "desc": "it", "split": "test"}\n')
    notebook = Notebook(source, by_path=False)
    assert [notebook.add(video(name), "it moves", 0, 1) for name in ("b", "b", "a")] == [1, 2, 2]
    assert [row.get("split") for row in rows(source)] == ["test", "train", None, None]
    assert read_queries(source, by_path=False).corpus == {"a": {"test"}, "b": {"train"}}


def _table(source):
    (source / "queries.csv").write_text("vid_name,desc\na,it\n")


def _splits(source):
    (source / "train.jsonl").write_text("")


def _utf16(source):
    (source / "queries.jsonl").write_bytes('{"vid_name": "a"}'.encode("utf-16"))


def _no_videos(source):
    for path in (source / "videos").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (_table, r"queries are in queries.csv, .*\n.*--write-queries"),
        (_splits, "queries are in train.jsonl"),
        (_utf16, "UTF-16, not UTF-8"),
        (_no_videos, "no video file"),
    ],
)
def test_a_folder_to_which_nothing_can_be_added_is_told_at_the_start(source, spoil, cause):
    spoil(source)
    with pytest.raises(PipelineError, match=cause):
        Notebook(source, by_path=False)
