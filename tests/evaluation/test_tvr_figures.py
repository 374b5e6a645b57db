"""The figures of TVR's evaluator: equal to its own where AMDNET_PARITY and AMDNET_REAL_DATA name folders."""

import json
import math
import os
from pathlib import Path

import pytest
import torch
from helpers.parity import parity_json, parity_path

from pipeline.evaluation.ground_truth import read_ground_truth
from pipeline.evaluation.moments import annotated
from pipeline.evaluation.submission import of_videos, read_submission
from pipeline.evaluation.tvr_figures import after_nms, figures, survivors
from pipeline.localizers.common.interface import Moments


def one_list(*rows):
    """The list of one query; rows: (video, start, end)."""
    table = torch.tensor([rows], dtype=torch.float64)
    return Moments(table[..., 0].long(), table[..., 1:], torch.zeros(1, len(rows)))


def cut(lists, rows):
    return {task: Moments(*(field[:, :rows] for field in moments)) for task, moments in lists.items()}


@pytest.fixture(scope="module")
def scored():
    truth = read_ground_truth(parity_path("tvr_eval/ground_truth.jsonl"))
    submission = read_submission(parity_path("tvr_eval/predictions.json.gz"), truth.query_ids, truth.video_ids)
    return truth, submission


def of(scored, lists):
    truth, submission = scored
    return figures(lists, submission.labels, truth.annotated, truth.types)


def test_every_figure_is_that_of_the_evaluator(scored):
    expected = parity_json("tvr_eval/expected.json")
    ours = of(scored, scored[1].lists)
    assert ours == expected["no_nms"] and list(ours) == list(expected["no_nms"])
    assert sum(len(table) for table in ours.values()) == 8 + 8 + 4 + 25 + 25 + 13


@pytest.mark.parametrize("threshold", [0.5, 0.7])
def test_every_figure_after_nms_is_that_of_the_evaluator(scored, threshold):
    truth, submission = scored
    expected, name = parity_json("tvr_eval/expected.json"), f"nms_{threshold}"
    lists = after_nms(submission.lists, threshold)
    assert {**of(scored, lists), "survivors": survivors(lists, truth.query_ids)} == expected[name]
    cut_before = after_nms(cut(submission.lists, 100), threshold)
    assert of(scored, cut_before) == expected[f"{name}_first100_only"] != of(scored, lists)


def test_float64_would_give_other_figures(scored, monkeypatch):
    """So the data tell whether IoU is rounded as the evaluator rounds it."""
    expected = parity_json("tvr_eval/expected.json")["note_float64"]
    monkeypatch.setattr("pipeline.localizers.common.overlap.torch.Tensor.float", torch.Tensor.double)
    ours = of(scored, scored[1].lists)
    assert {task: ours[task] for task in expected} == expected != {task: of_float32(task) for task in expected}


def of_float32(task):
    return parity_json("tvr_eval/expected.json")["no_nms"][task]


def test_didemos_rule_is_that_of_the_evaluator(tmp_path):
    case = parity_json("tvr_eval/expected.json")["didemo_rule"]
    (tmp_path / "s.json").write_text(json.dumps(case["submission"]))
    (tmp_path / "val.jsonl").write_text("\n".join(map(json.dumps, case["ground_truth"])))
    truth = read_ground_truth(tmp_path / "val.jsonl")
    found = read_submission(tmp_path / "s.json", truth.query_ids, truth.video_ids)
    assert figures(found.lists, found.labels, truth.annotated, truth.types) == case["expect"]
    for index, expected in enumerate(case["expect_each_query_alone_SVMR"]):
        alone = {"SVMR": Moments(*(field[index : index + 1] for field in found.lists["SVMR"]))}
        of_one = annotated([truth.spans[index]], [truth.agreement[index]])
        assert figures(alone, found.labels[index : index + 1], of_one, [""])["SVMR"] == expected


@pytest.fixture(scope="module")
def tvr():
    """TVR's val queries, with the places of their videos in the order of TVR's indices, and their clips' spans."""
    if "AMDNET_REAL_DATA" not in os.environ:
        pytest.skip("AMDNET_REAL_DATA does not name the folder of real data")
    folder = Path(os.environ["AMDNET_REAL_DATA"], "annotations", "tvr")
    truth = read_ground_truth(folder / "tvr_val_release.jsonl")
    videos = json.loads((folder / "tvr_video2dur_idx.json").read_text())["val"]
    place = {name: place for place, name in enumerate(sorted(videos, key=lambda name: videos[name][1]))}
    labels = torch.tensor([place[video_id] for video_id in truth.video_ids])
    whole_clips = []
    for video_id, ((start, end),) in zip(truth.video_ids, truth.spans, strict=True):
        clips = min(100, math.ceil(videos[video_id][0] / 1.5))
        whole_clips.append((math.floor(start / 1.5) * 1.5, min(math.ceil(end / 1.5), clips) * 1.5))
    return truth, labels, torch.tensor(whole_clips, dtype=torch.float64)


def test_the_best_whole_clips_of_tvr(tvr):
    truth, labels, spans = tvr
    best = Moments(labels[:, None], spans[:, None], torch.zeros(len(labels), 1))
    lists = {"VCMR": best, "SVMR": best, "VR": of_videos(best.video, best.score)}
    found = figures(lists, labels, truth.annotated, truth.types)
    for task in ("VCMR", "SVMR"):
        assert found[task] == {
            f"{level}-r{k}": of for level, of in ((0.5, 94.78), (0.7, 73.02)) for k in (1, 5, 10, 100)
        }
        by_type = found[f"{task}_by_type"]
        assert [by_type[f"{kind}-0.7-r1"] for kind in ("v", "t", "vt")] == [68.38, 89.21, 84.95]
    assert set(found["VR"].values()) == {100.0}


def test_known_ranks_of_tvr(tvr):
    truth, labels, spans = tvr
    rows = []
    for query_id, own in zip(truth.query_ids, labels.tolist(), strict=True):
        others = [video for video in range(60) if video != own][:40]
        rank = int(query_id) % 30
        rows.append([*others[:rank], own, *others[rank:]])
    video = torch.tensor(rows)
    lists = {
        "VCMR": Moments(video, spans[:, None].expand(-1, 41, -1), torch.zeros(video.shape)),
        "VR": of_videos(video, torch.zeros(video.shape)),
    }
    found = figures(lists, labels, truth.annotated, truth.types)
    assert list(found["VR"].values()) == [3.33, 16.66, 33.32, 100.0]
    assert list(found["VCMR"].values()) == [3.22, 15.82, 31.63, 94.78, 2.53, 12.59, 24.69, 73.02]
    assert [found["VR_by_type"][f"{kind}-r10"] for kind in ("v", "t", "vt")] == [33.59, 32.16, 32.72]


def test_nms_sees_the_rows_that_are_cut_after_it():
    """Had the list been cut to 100 rows before, the one row that is right would be lost."""
    truth, label = annotated([[(0.0, 10.0)]], [1]), torch.tensor([0])
    lists = {"VCMR": one_list(*[(1, 0, 5)] * 150, (0, 0, 10))}
    kept = after_nms(lists, 0.7)
    assert survivors(kept, ["q"]) == {"VCMR": {"q": 2}}
    assert kept["VCMR"].video[0, :3].tolist() == [1, 0, -1] and lists["VCMR"].video.shape == (1, 151)
    assert figures(kept, label, truth, [""])["VCMR"]["0.7-r5"] == 100
    assert figures(lists, label, truth, [""])["VCMR"]["0.7-r100"] == 0


def test_nms_reads_200_rows_keeps_100_and_leaves_videos_alone():
    apart = [(1, 20 * place, 20 * place + 10) for place in range(150)]
    behind = one_list(*[(2, 0, 5)] * 200, (0, 0, 10))
    assert survivors(after_nms({"SVMR": one_list(*apart)}, 0.7), ["q"]) == {"SVMR": {"q": 100}}
    assert survivors(after_nms({"SVMR": behind}, 0.7), ["q"]) == {"SVMR": {"q": 1}}
    videos = of_videos(torch.tensor([[4, 4, 4]]), torch.zeros(1, 3))
    assert after_nms({"VR": videos}, 0.7)["VR"] is videos


def test_without_types_there_are_no_figures_by_type_after_nms_either():
    truth, label, lists = annotated([[(0.0, 10.0)]], [1]), torch.tensor([0]), {"SVMR": one_list((0, 0, 10))}
    assert list(figures(after_nms(lists, 0.7), label, truth, [""])) == ["SVMR"]
    assert figures(lists, label, truth, ["t"])["SVMR_by_type"]["desc_type_ratio"] == "t 100.0"


def test_a_query_without_a_span_counts_for_videos_alone():
    truth, labels = annotated([[(0.0, 10.0)], ()], [1, 1]), torch.tensor([0, 1])
    both = Moments(torch.zeros(2, 1, dtype=torch.int64), torch.tensor([[[0.0, 10.0]]] * 2), torch.zeros(2, 1))
    found = figures({"VCMR": both, "VR": both}, labels, truth, ["v", "t"])
    assert found["VCMR"]["0.7-r1"] == 100 and found["VR"]["r1"] == 50
    assert not any(key.startswith("t-0") for key in found["VCMR_by_type"]) and found["VR_by_type"]["t-r1"] == 0
