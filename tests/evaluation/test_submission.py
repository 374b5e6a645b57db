"""Submission files: every defect is one error that names it, and what is written is read again."""

import gzip
import json

import pytest
import torch
from helpers.submissions import SPAN, VIDEOS, entries, submission

from pipeline.core.errors import PipelineError
from pipeline.evaluation.submission import READ, of_videos, read_submission, write_submission
from pipeline.localizers.common.interface import Moments


def read(path, document):
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return read_submission(path, ["1", "2"], ["a", "b"])


def test_lists_are_in_the_order_of_the_queries_and_videos_by_position(tmp_path):
    found = read(tmp_path / "s.json", submission())
    assert list(found.lists) == ["VCMR", "SVMR", "VR"] and found.labels.tolist() == [0, 1]
    vcmr, svmr, vr = found.lists.values()
    assert vcmr.video.tolist() == [[0, 1], [1, -1]] and svmr.video.tolist() == [[0, 0], [1, -1]]
    assert vcmr.span[0].tolist() == [[0, 10], [1, 2]] and vcmr.score[1, 0] == 1.5
    assert svmr.span[0].tolist() == [[0, 4], [0, 10]] and vr.video.tolist() == [[1, 0], [1, -1]]


def test_a_compressed_file_is_read_whatever_its_name(tmp_path):
    for name in ("s.json.gz", "s.json"):
        (tmp_path / name).write_bytes(gzip.compress(json.dumps(submission()).encode()))
        assert read_submission(tmp_path / name, ["1", "2"], ["a", "b"]).labels.tolist() == [0, 1]


def test_rows_that_no_metric_reads_are_checked_but_not_kept(tmp_path):
    many = submission(VR=entries(q1=[SPAN] * (READ + 5), q2=[SPAN]))
    assert read(tmp_path / "s.json", many).lists["VR"].video.shape == (2, READ)
    many["VR"][0]["predictions"][-1] = [99, 0, 0, 0]
    with pytest.raises(PipelineError, match="the video 99"):
        read(tmp_path / "s.json", many)


BAD_LISTS = {
    "empty": ([], "no predictions"),
    "none": (None, "no predictions"),
    "no list": ("abc", "no predictions"),
    "a short row": ([SPAN, [7, 0.0, 1.0]], "not four numbers"),
    "short rows": ([[7, 0.0, 1.0]], "not four numbers"),
    "a text": ([[7, "0", 1.0, 0.5]], "not four numbers"),
    "null": ([[7, None, 1.0, 0.5]], "not four numbers"),
    "truths": ([[True, False, True, True]], "not four numbers"),
    "objects": ([{"video": 7}], "not four numbers"),
    "rows of rows": ([[SPAN]], "not four numbers"),
    "an unknown video": ([[0, 0.0, 1.0, 0.5]], "the video 0 is not in"),
    "half a video": ([[7.5, 0.0, 1.0, 0.5]], "the video 7.5 is not in"),
    "infinite": ([[7, 0.0, float("inf"), 0.5]], "not finite"),
    "not a number": ([[7, float("nan"), 1.0, 0.5]], "not finite"),
    "a huge number": ([[7, 0, 10**400, 1]], "not four numbers"),
}


@pytest.mark.parametrize(("rows", "cause"), BAD_LISTS.values(), ids=BAD_LISTS)
@pytest.mark.parametrize("task", ["VCMR", "SVMR", "VR"])
def test_a_bad_list_is_named_with_task_and_query(tmp_path, task, rows, cause):
    with pytest.raises(PipelineError) as error:
        read(tmp_path / "s.json", submission(**{task: entries(q1=[SPAN], q2=rows)}))
    assert f"`{task}`, query 2" in error.value.cause and cause in error.value.cause and error.value.fix
    assert error.value.where == tmp_path / "s.json"


BAD_FILES = {
    "no JSON": ("{", "not valid JSON"),
    "deep": ("[" * 100_000, "not valid JSON"),
    "a list": ([1], "not a submission"),
    "null": (None, "not a submission"),
    "no task": ({"video2idx": VIDEOS}, "not a submission"),
    "no videos": ({"VR": entries(q1=[SPAN], q2=[SPAN])}, "not a submission"),
    "a list of videos": (submission(video2idx=["a", "b"]), "not a submission"),
    "videos with lengths": (submission(video2idx={"a": [10.0, 7], "b": [20.0, 3]}), "not a submission"),
    "one index twice": (submission(video2idx={"a": 7, "b": 7}), "one index to two videos"),
    "a video is missing": (submission(video2idx={"a": 7}), "1 videos of the annotations are not in `video2idx`: b"),
    "a task is no list": (submission(SVMR={}), "`SVMR` is not a list"),
    "an entry is no object": (submission(SVMR=[3]), "`SVMR` is not a list"),
    "no id": (submission(VR=[{"predictions": [SPAN]}]), "`VR` is not a list"),
    "a query twice": (submission(VR=entries(q1=[SPAN], q2=[SPAN]) * 2), "it has two lists"),
    "a query is missing": (submission(VR=entries(q1=[SPAN])), "1 queries of the annotations are missing: 2"),
    "others": (submission(VR=entries(q1=[SPAN], q2=[SPAN], q8=[SPAN], q9=[SPAN])), "2 queries are not in the ann"),
    "none": (submission(VR=[]), "2 queries of the annotations are missing"),
}


@pytest.mark.parametrize(("document", "cause"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_one_error(tmp_path, document, cause):
    with pytest.raises(PipelineError) as error:
        read(tmp_path / "s.json", document)
    assert cause in error.value.cause and error.value.where == tmp_path / "s.json" and error.value.fix


def test_a_file_that_cannot_be_read_is_one_error(tmp_path):
    whole = gzip.compress(json.dumps(submission()).encode())
    changed = bytearray(whole)
    changed[20] ^= 255
    for number, raw in enumerate((whole[:-20], bytes(changed), b"\x1f\x8b", b"\xff\xfe\x00")):
        path = tmp_path / f"{number}.json.gz"
        path.write_bytes(raw)
        with pytest.raises(PipelineError) as error:
            read_submission(path, ["1"], ["a"])
        assert error.value.where == path
    with pytest.raises(PipelineError, match="cannot be read"):
        read_submission(tmp_path / "missing.json", ["1"], ["a"])
    with pytest.raises(PipelineError, match="cannot be read"):
        read_submission(tmp_path, ["1"], ["a"])


def test_what_is_written_is_read_again(tmp_path):
    video = torch.tensor([[1, 0, -1], [2, -1, -1]])
    span = torch.tensor([[[0.1, 1.5], [3.0, 200.0], [0, 0]], [[1 / 3, 2.0], [0, 0], [0, 0]]], dtype=torch.float64)
    lists = {
        "VCMR": Moments(video, span, torch.tensor([[0.5, 0.25, 0], [1.0, 0, 0]])),
        "VR": of_videos(video, torch.tensor([[2.0, 1.0, 0], [2.0, 0, 0]])),
    }
    path, texts = tmp_path / "submission_test.json", ["é is kept", "two"]
    write_submission(path, ["a", "b", "c"], ["12", "b#0"], texts, lists)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["video2idx"] == {"a": 0, "b": 1, "c": 2}
    assert [(entry["desc_id"], entry["desc"]) for entry in document["VCMR"]] == [(12, "é is kept"), ("b#0", "two")]
    assert document["VR"][0]["predictions"] == [[1, 0, 0, 2.0], [0, 0, 0, 1.0]]
    found = read_submission(path, ["12", "b#0"], ["a", "c"])
    assert found.labels.tolist() == [0, 2]
    for task, moments in lists.items():
        there = moments.video >= 0
        assert torch.equal(found.lists[task].video, moments.video[:, :2])
        assert torch.equal(found.lists[task].span[there[:, :2]], moments.span[there])


def test_ids_that_only_look_like_numbers_stay_texts_and_no_list_is_empty(tmp_path):
    nothing = Moments(torch.full((3, 1), -1), torch.zeros(3, 1, 2), torch.zeros(3, 1))
    write_submission(tmp_path / "s.json", ["a"], ["007", "-1", "²"], ["x"] * 3, {"SVMR": nothing})
    document = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert [entry["desc_id"] for entry in document["SVMR"]] == ["007", "-1", "²"]
    assert [entry["predictions"] for entry in document["SVMR"]] == [[[0, 0, 0, 0]]] * 3
    assert read_submission(tmp_path / "s.json", ["007", "-1", "²"], ["a"] * 3).lists["SVMR"].video.tolist() == [[0]] * 3
