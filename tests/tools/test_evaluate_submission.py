"""`amdnet evaluate-submission`: what it prints, and that every error is a message."""

import gzip
import json

import pytest
from helpers.parity import parity_json, parity_path
from helpers.submissions import entries, submission, write_truth


@pytest.fixture
def files(tmp_path):
    path = tmp_path / "submission.json"
    path.write_text(json.dumps(submission()))
    return path, write_truth(tmp_path / "val.jsonl")


def test_json_has_the_layout_of_the_evaluator(amdnet, files):
    path, truth = files
    done = amdnet("evaluate-submission", str(path), "--annotations", str(truth), "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert list(found) == ["VCMR", "SVMR", "VR", "VCMR_by_type", "SVMR_by_type", "VR_by_type"]  # and no `not_scored`
    assert found["VR"] == {"r1": 50, "r5": 100, "r10": 100, "r100": 100}
    assert found["VCMR"] == {f"{level}-r{k}": 100 for level in (0.5, 0.7) for k in (1, 5, 10, 100)}
    assert found["SVMR"]["0.5-r1"] == 50 and found["SVMR"]["0.5-r5"] == 100
    assert found["VR_by_type"]["vt-r1"] == 100 and found["VR_by_type"]["desc_type_ratio"] == "v 50.0 vt 50.0"


def test_nms_counts_what_is_left(amdnet, files):
    path, truth = files
    path.write_text(json.dumps(submission(SVMR=entries(q1=[[7, 0, 9, 1], [7, 0, 10, 1]], q2=[[3, 0, 4, 1]]))))
    arguments = ("evaluate-submission", str(path), "--annotations", str(truth), "--nms", "0.7")
    found = json.loads(amdnet(*arguments, "--json").stdout)
    assert found["survivors"] == {"VCMR": {"1": 2, "2": 1}, "SVMR": {"1": 1, "2": 1}}
    assert "VCMR: NMS keeps 1.5 rows a query, 1 at least and 2 at most" in amdnet(*arguments).stdout


def test_people_get_a_table(amdnet, files):
    path, truth = files
    path.write_bytes(gzip.compress(path.read_bytes()))
    done = amdnet("evaluate-submission", str(path), "--annotations", str(truth))
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["task", "IoU", "queries", "R@1", "R@5", "R@10", "R@100"]
    assert ["VR", "all", "50.00", "100.00", "100.00", "100.00"] in lines
    assert ["SVMR", "0.5", "v", "0.00", "100.00", "100.00", "100.00"] in lines
    assert done.stdout.splitlines()[-1] == "2 queries, 2 of them with an annotated span"


def test_what_has_no_span_is_not_scored_and_that_is_said(amdnet, files, tmp_path):
    path, _ = files
    arguments = ("evaluate-submission", str(path), "--annotations", str(write_truth(tmp_path / "none.jsonl", ts=None)))
    done, printed = json.loads(amdnet(*arguments, "--json").stdout), amdnet(*arguments).stdout
    why = "nothing is scored, because no query has an annotated span (`ts`)"
    assert done.pop("not_scored") == {"VCMR": why, "SVMR": why} and list(done) == ["VR", "VR_by_type"]
    assert printed.splitlines()[-2:] == [f"VCMR: {why}", f"SVMR: {why}"] and "VR    " in printed

    first, second = write_truth(tmp_path / "one.jsonl").read_text().splitlines()
    rows = [first, json.dumps({**json.loads(second), "ts": None})]
    (tmp_path / "one.jsonl").write_text("\n".join(rows) + "\n")
    arguments = (*arguments[:-1], str(tmp_path / "one.jsonl"))
    found, printed = json.loads(amdnet(*arguments, "--json").stdout), amdnet(*arguments).stdout
    why = "1 of 2 queries are not scored, because they have no annotated span (`ts`); all of type vt are among them"
    assert found["not_scored"] == {"VCMR": why, "SVMR": why} and f"SVMR: {why}" in printed
    assert found["VCMR"]["0.5-r1"] == 100 and "vt-0.5-r1" not in found["VCMR_by_type"]


def test_where_nothing_can_be_scored_the_error_names_the_annotations(amdnet, files, tmp_path):
    path, _ = files
    path.write_text(json.dumps({key: value for key, value in submission().items() if key != "VR"}))
    truth = write_truth(tmp_path / "none.jsonl", ts=None)
    for more in ((), ("--json",)):
        done = amdnet("evaluate-submission", str(path), "--annotations", str(truth), *more)
        assert done.exit_code == 1 and not done.stdout.strip() and "Traceback" not in done.output
        words = " ".join(done.output.split())
        assert f"{truth}: no query has an annotated span" in words and "lists of VCMR and SVMR alone" in words
        assert "name annotations whose lines have `ts`" in words


def test_an_error_is_a_message(amdnet, files):
    path, truth = files
    path.write_text(json.dumps(submission(VR=entries(q1=[], q2=[]))))
    done = amdnet("evaluate-submission", str(path), "--annotations", str(truth))
    assert done.exit_code == 1 and "`VR`, query 1: it has no predictions" in done.output
    assert "Traceback" not in done.output and not done.stdout.strip()
    assert amdnet("evaluate-submission", str(path), "--annotations", str(truth), "--nms", "1.5").exit_code == 2
    assert amdnet("evaluate-submission", str(path)).exit_code == 2


def test_the_evaluators_own_files(amdnet):
    path, truth = (str(parity_path(f"tvr_eval/{name}")) for name in ("predictions.json.gz", "ground_truth.jsonl"))
    done = amdnet("evaluate-submission", path, "--annotations", truth, "--nms", "0.7", "--json")
    assert json.loads(done.stdout) == parity_json("tvr_eval/expected.json")["nms_0.7"]
