"""The outputs of a small run, as the stages leave them: two test videos, one of which is gone, and four queries."""

from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.core.files import sha256_text, write_json, write_jsonl
from pipeline.evaluation.moments import THRESHOLDS, moment_metrics
from pipeline.retrieval.metrics import chance

COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (220, 220, 40)]
HOSTILE = "<script>alert('query')</script>"


def write_video(path: Path) -> Path:
    """Four seconds at 10 frames a second, one colour a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(40):
            image = np.full((48, 64, 3), COLOURS[index // 10], dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def ranking(rank: int, own: str, other: str) -> list[dict]:
    order = [own, other] if rank == 1 else [other, own]
    return [{"video_id": v, "score": 0.5, "start": 1.0, "end": 2.0, "moment": 1} for v in order]


def query(number: int, rank: int, text: str, own: str, other: str, iou: float | None) -> dict:
    return {
        "query_id": f"query{number}",
        "text": text,
        "video_id": own,
        "rank": rank,
        "score": 0.5,
        "spans": [] if iou is None else [[1.0, 2.5]],
        "agreement": 1,
        "iou": iou,
        "type": "t" if number == 1 else "",
        "true_video": {
            **{"score": 0.5, "start": 1.0, "end": 2.0, "moment": 1},
            "spans": [[1.0, 2.0, 0.75], [0.5, 3.5, 0.125]],
        },
        "ranking": ranking(rank, own, other),
    }


def tasks() -> dict:
    """Made-up numbers, no two the same: VR from 1 to 4, SVMR from 10 to 21, VCMR from 30 to 41; 60 more for type t."""
    cuts, found = ("r1", "r5", "r10", "r100"), {}
    for task, first, thresholds in (("VR", 1, ("",)), ("SVMR", 10, THRESHOLDS), ("VCMR", 30, THRESHOLDS)):
        keys = [f"{threshold}-{cut}" if threshold else cut for threshold in thresholds for cut in cuts]
        found[task] = {key: float(first + number) for number, key in enumerate(keys)}
        found[f"{task}_by_type"] = {f"t-{key}": 60 + value for key, value in found[task].items()}
        found[f"{task}_by_type"]["desc_type_ratio"] = "t 25.0"
    found["SVMR"]["mIoU"] = 46.7
    return found


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch) -> Path:
    """A store of the test's own."""
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def video(tmp_path) -> Path:
    return write_video(tmp_path / "colours.mp4")


@pytest.fixture
def details() -> dict:
    split = {
        "videos": 2,
        "queries": 4,
        "missing_videos": ["unreadable"],
        "missing_queries": [],
        "retrieval": {"R@1": 50.0, "R@5": 100.0, "R@10": 100.0, "R@100": 100.0, "SumR": 350.0},
        "chance": chance(2, 4),
        "queries_with_spans": 3,
        "intervals": {"SumR": [350.0, 310.0, 390.0], "R@1": [50.0, 20.0, 80.0], "mIoU": [46.7, 12.0, 81.0]},
        "moments": moment_metrics([0.9, 0.4, 0.1], [1, 2, 1]),
        "answers": {
            "model": moment_metrics([0.9, 0.4, 0.1], [1, 2, 1]),
            "window": moment_metrics([0.5, 0.5, 0.5], [1, 2, 1]),
        },
        "constant_span": moment_metrics([0.3, 0.3, 0.3], [1, 2, 1]),
        "whole_video": moment_metrics([0.4, 0.4, 0.4], [1, 2, 1]),
        "moment_spread": 0.012,
        "tasks": tasks(),
        "nms": {
            "VCMR": {"before": 182.25, "kept": 64.5, "fewest": 3, "most": 100, "wanted": 100, "with_fewer": 75.0},
            "SVMR": {"before": 40.0, "kept": 20.0, "fewest": 20, "most": 20, "wanted": 100, "with_fewer": 100.0},
        },
        "moment_errors": {
            "length": [{"from": 1.5, "to": 2.25, "queries": 3, "mIoU": 46.7, "SVMR R@1 IoU=0.5": 33.3}],
            "position": [{"from": 0.2, "to": 0.4, "queries": 3, "mIoU": 46.7, "SVMR R@1 IoU=0.5": 33.3}],
        },
    }
    answer = {
        "asked": "auto",
        "split": "val",
        "queries_with_spans": 3,
        "chosen": "model",
        "width": 0.375,
        "width_95": [0.2, 0.6],
        "mIoU": {"model": 46.7, "window": 41.0},
        "window_minus_model_95": [-14.0, 3.0],
        "curve": [{"width": 0.25, "mIoU": 33.0}, {"width": 0.375, "mIoU": 41.0}, {"width": 1.0, "mIoU": 27.0}],
        "constant_span": [0.1, 0.425],
    }
    return {
        "dataset": "folder",
        "model": "amdnet",
        "protocol": "honest",
        "seed": 3,
        "random_weights": ["resnet"],
        "parameters": 1234567,
        "reported_split": "test",
        "selection_split": "val",
        "answer": answer,
        "localizer": {"name": "prem"},
        "splits": {"val": split, "test": split},
    }


@pytest.fixture
def outputs(tmp_path, video, details) -> Path:
    folder = tmp_path / "outputs"
    evaluation, model, features = folder / "evaluation", folder / "model", folder / "features"
    videos = [("here", str(video)), ("gone", str(tmp_path / "gone.mp4"))]
    write_jsonl(
        folder / "manifest" / "videos.jsonl",
        [
            {"video_id": v, "path": path, "sha256": sha256_text(v), "duration": 4.0, "splits": ["test"]}
            for v, path in videos
        ],
    )
    write_jsonl(
        folder / "manifest" / "queries.jsonl",
        [
            {"query_id": f"q{n}", "video_id": "here", "text": "", "split": "test", "spans": [], "agreement": 1}
            for n in "12"
        ],
    )
    recipe = {"default": {"hidden": 64, "query_form": "token"}}
    params = {
        "dataset": "folder",
        "source": "/my data",
        "model": "amdnet",
        "prepare": {"val_fraction": 0.1},
        "sample": {"seed": 0},
        "resnet": {"size": 64},
        "subtitle_text": {"pooling": "own_cues"},
        "features": {"streams": ["resnet", "subtitle"]},
        "train": {"seed": 3, "reuse": "none"},
        "report": {"examples": 12},
    }
    write_json(folder / "scan" / "parameters.json", {"params.yaml": params, "recipes/amdnet.yaml": recipe})
    refused = [{"what": "query", "id": "query9", "where": "captions.jsonl:9", "cause": "<b>no such video</b>"}]
    splits = {split: {"videos": 2, "queries": 4} for split in ("train", "val", "test")}
    write_json(folder / "manifest" / "prepare.json", {"splits": splits, "refused": refused})
    write_json(evaluation / "details.json", details)
    write_json(evaluation / "recall.json", [{"K": k, "R@K": 50.0 * k, "chance": 50.0 * k} for k in (1, 2)])
    queries = [
        query(1, 1, HOSTILE, "here", "gone", 0.9),
        query(2, 2, "someone sits down", "gone", "here", 0.4),
        query(3, 1, "a dog barks", "here", "gone", 0.1),
        query(4, 2, "the door opens", "here", "gone", None),
    ]
    write_jsonl(evaluation / "rankings_test.jsonl", queries)
    moments = [[0.0, 1.0], [1.0, 2.0], [2.0, 4.0], [0.5, 3.5]]
    write_jsonl(
        evaluation / "moments_test.jsonl", [{"video_id": v, "duration": 4.0, "moments": moments} for v, _ in videos]
    )
    boundaries = {"clip_ends": [1.5, 3.0, 4.0], "start": [0.125, 0.75, 0.125], "end": [0.1, 0.2, 0.7]}
    write_jsonl(evaluation / "boundaries_test.jsonl", [{"query_id": row["query_id"], **boundaries} for row in queries])
    config = {"model": "amdnet", "recipe": {"hidden": 64, "query_form": "token"}, "shuffle_queries": False}
    write_json(model / "config.json", config)
    write_json(model / "training.json", {"steps": 300, "epochs_run": 9, "best_epoch": 2})
    curves = folder / "training" / "plots" / "metrics" / "selection"
    curves.mkdir(parents=True)
    (curves / "SumR.tsv").write_text("step\tSumR\n1\t210.5\n2\t333.25\n")
    for stream in ("slowfast", "resnet"):
        failure = {"video_id": "unreadable", "stream": stream, "cause": "no frame", "decoder": "decord", "seconds": 0.1}
        counts = {"videos": 6, "clips": 90, "decoded": 5, "reused": 1, "failed": 1, "times_real_time": 12.5}
        rest = {"seconds": {"total": 4.2}, "recipe": {"size": 64}, "failures": [failure]}
        write_json(features / f"{stream}.json", {**counts, **rest})
    text = {"videos": 6, "tokens": 70, "computed": 12, "reused": 0, "seconds": 0.3}
    write_json(features / "query.json", {**text, "failed": 0, "failures": []})
    write_json(features / "subtitle.json", text)
    write_json(features / "pack.json", {"videos": 0, "unused": "the features are extracted from the videos"})
    return folder
