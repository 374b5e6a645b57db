"""The stage on an untrained AMDNet and random features: which files it writes, and when it refuses."""

import json
from pathlib import Path

import pytest
import yaml
from helpers.untrained import SECONDS, write_inputs

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.core.manifest import read_queries
from pipeline.evaluation.moments import annotated
from pipeline.evaluation.submission import read_submission
from pipeline.evaluation.tvr_figures import figures
from pipeline.feature_io.hdf5 import FeatureFile, Item, write_features
from stages.evaluate import main

KINDS = ("rankings", "moments", "boundaries", "submission")
FILES = (
    "metrics",
    "cost",
    "details",
    "recall",
    "search",
    *(f"{kind}_{split}" for kind in KINDS for split in ("val", "test")),
)


def outputs() -> dict[str, str]:
    return {path.stem: path.read_text() for path in Path("outputs/evaluation").iterdir()}


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")


def test_writes_every_file_and_writes_it_again_to_the_byte():
    write_inputs(("val", "test"))
    main()
    first = outputs()
    assert set(first) == set(FILES)
    first.pop("cost")  # holds times
    metrics = json.loads(first["metrics"])
    assert next(iter(metrics)) == "SumR" and metrics["leaked test videos"] == 2 and len(metrics) == 12
    assert metrics["random weights"] == 2 and metrics["selected on reported split"] == 0
    assert metrics["chance SumR"] == pytest.approx(20 + 300)
    assert len(first["rankings_test"].splitlines()) == 10 and len(first["moments_val"].splitlines()) == 5
    details = json.loads(first["details"])
    assert details["splits"]["test"]["queries_with_spans"] == 5
    assert (details["seed"], details["reported_split"], details["selection_split"]) == (7, "test", "val")
    main()
    assert {name: text for name, text in outputs().items() if name != "cost"} == first


def test_spans_are_seconds_within_the_video_and_come_from_its_moments():
    write_inputs(("val", "test"))
    main()
    moments = {row["video_id"]: row for row in map(json.loads, outputs()["moments_test"].splitlines())}
    for row in map(json.loads, outputs()["rankings_test"].splitlines()):
        for found in row["ranking"]:
            video = moments[found["video_id"]]
            assert 0 <= found["start"] <= found["end"] <= video["duration"]
            assert [found["start"], found["end"]] == pytest.approx(video["moments"][found["moment"]], abs=1e-4)


@pytest.mark.parametrize("model", ["gmmformer", "ms_sl", "cca", "prem"])
def test_a_model_without_moments_answers_with_rows(model):
    write_inputs(("val", "test"), model)
    main()
    videos = {row["video_id"]: row for row in map(json.loads, outputs()["moments_test"].splitlines())}
    assert all(row["moments"] == [] for row in videos.values())
    for row in map(json.loads, outputs()["rankings_test"].splitlines()):
        for found in ({**row["true_video"], "video_id": row["video_id"]}, *row["ranking"]):
            start, end, duration = found["start"], found["end"], videos[found["video_id"]]["duration"]
            assert found["moment"] is None and start % SECONDS == 0 and 0 <= start < end
            assert end == duration or (end % SECONDS == 0 and end < duration)
            assert model == "ms_sl" or end - start <= 2 * SECONDS  # 7 to 10 rows for 8 clips
    assert json.loads(outputs()["details"])["splits"]["test"]["moments"]["mIoU"] >= 0


@pytest.mark.parametrize("model", ["amdnet", "cca", "prem"])
def test_a_window_is_answered_where_it_is_asked_for(model):
    write_inputs(("val", "test"), model, answer="window")
    main()
    details = json.loads(outputs()["details"])
    choice = details["answer"]
    assert choice["chosen"] == "window" and choice["split"] == "val" and choice["queries_with_spans"] == 5
    best = max(choice["curve"], key=lambda point: point["mIoU"])
    assert choice["width"] == best["width"] and choice["mIoU"]["window"] == pytest.approx(best["mIoU"])
    assert choice["mIoU"]["window"] == pytest.approx(details["splits"]["val"]["moments"]["mIoU"], abs=1e-4)
    videos = {row["video_id"]: row for row in map(json.loads, outputs()["moments_test"].splitlines())}
    for row in map(json.loads, outputs()["rankings_test"].splitlines()):
        for found in row["ranking"]:
            duration = videos[found["video_id"]]["duration"]
            assert found["moment"] is None and 0 <= found["start"] < found["end"] <= duration
            assert found["end"] - found["start"] <= choice["width"] * duration + 1e-5


@pytest.mark.parametrize("model", ["amdnet", "cca"])
def test_auto_takes_what_is_better_on_val_and_says_so(model, capsys):
    write_inputs(("val", "test"), model, answer="auto")
    main()
    details = json.loads(outputs()["details"])
    by_val = details["splits"]["val"]["answers"]
    assert details["answer"]["chosen"] == max(by_val, key=lambda kind: by_val[kind]["mIoU"])
    own, window = (f"{by_val[kind]['mIoU']:.1f}" for kind in ("model", "window"))
    assert f"(mIoU on val: own {own}, best window {window})" in capsys.readouterr().err
    assert details["splits"]["test"]["moments"] == details["splits"]["test"]["answers"][details["answer"]["chosen"]]


@pytest.mark.parametrize("answer", ["auto", "window"])
def test_without_spans_to_choose_by_the_model_answers(answer, capsys):
    write_inputs(("val", "test"), answer=answer, spans=False)
    main()
    choice = json.loads(outputs()["details"])["answer"]
    assert (choice["asked"], choice["chosen"], choice["width"]) == (answer, "model", None)
    assert choice["queries_with_spans"] == 0
    assert "no query of val has a span to choose a window by" in capsys.readouterr().err


def test_the_best_span_of_train_is_measured_on_test():
    write_inputs(("train", "val", "test"))
    main()
    details = json.loads(outputs()["details"])
    start, end = details["answer"]["constant_span"]  # of 1 to 4 s in 10 to 14 s
    assert 0 < start < 0.15 and 0.25 < end < 0.45
    for split in ("val", "test"):
        assert details["splits"][split]["constant_span"]["mIoU"] > details["splits"][split]["whole_video"]["mIoU"]


def test_without_test_queries_val_is_reported_and_flagged():
    write_inputs(("val",))
    main()
    assert json.loads(outputs()["metrics"])["selected on reported split"] == 1
    assert not outputs()["rankings_test"].strip()


def test_a_model_of_other_parameters_is_refused():
    write_inputs(("val", "test"))
    document = yaml.safe_load(Path("params.yaml").read_text())
    Path("params.yaml").write_text(yaml.safe_dump({**document, "protocol": "published"}))
    with pytest.raises(PipelineError, match="protocol: honest"):
        main()
    assert not Path("outputs/evaluation/metrics.json").exists()


@pytest.mark.parametrize("answer", ["model", "window"])
def test_the_submission_scores_as_the_details_say(answer, tmp_path):
    write_inputs(("val", "test"), answer=answer)
    main()
    tasks = json.loads(outputs()["details"])["splits"]["test"]["tasks"]
    rows = [query for query in read_queries("outputs/manifest/queries.jsonl") if query.split == "test"]
    path = tmp_path / "outputs/evaluation/submission_test.json"
    submission = read_submission(path, [row.query_id for row in rows], [row.video_id for row in rows])
    truth = annotated([row.spans for row in rows], [row.agreement for row in rows])
    found = figures(submission.lists, submission.labels, truth, [row.type for row in rows])
    assert set(found) == {"VR", "SVMR", "VCMR"}
    assert all(tasks[task][key] == value for task, table in found.items() for key, value in table.items())
    assert len(json.loads(outputs()["submission_test"])["VR"][0]["predictions"]) == 5  # all there are


def test_the_first_spans_of_the_true_video_are_listed_best_first():
    write_inputs(("val", "test"), "cca")
    main()
    for row in map(json.loads, outputs()["rankings_test"].splitlines()):
        spans = row["true_video"]["spans"]
        assert 1 < len(spans) <= 5 and spans[0][:2] == [row["true_video"]["start"], row["true_video"]["end"]]
        assert [score for *_, score in spans] == sorted((score for *_, score in spans), reverse=True)


def test_a_localizer_of_other_parameters_is_refused():
    write_inputs(("val", "test"))
    document = yaml.safe_load(Path("params.yaml").read_text())
    Path("params.yaml").write_text(yaml.safe_dump({**document, "localizer": "prem"}))
    with pytest.raises(PipelineError, match="localizer: moments"):
        main()


def test_a_split_without_queries_has_empty_files():
    write_inputs(("val",))
    main()
    assert not outputs()["boundaries_test"].strip() and not outputs()["moments_test"].strip()
    assert json.loads(outputs()["submission_test"]) == {"video2idx": {}}


@pytest.mark.parametrize("model", ["amdnet", "cca"])
def test_a_trained_localizer_answers_instead_of_the_retriever(model):
    write_inputs(("val", "test"), model, localizer="prem")
    main()
    first = outputs()
    details = json.loads(first["details"])["splits"]["test"]
    assert details["moments"] != details["answers"]["model"] and details["tasks"]["SVMR"]["0.3-r100"] > 0
    videos = {row["video_id"]: row for row in map(json.loads, first["moments_test"].splitlines())}
    rows = list(map(json.loads, first["rankings_test"].splitlines()))
    for row in rows:
        assert row["true_video"]["moment"] is None
        assert row["true_video"]["spans"][0][:2] == [row["true_video"]["start"], row["true_video"]["end"]]
        for found in row["ranking"]:
            assert 0 <= found["start"] < found["end"] <= videos[found["video_id"]]["duration"]
    curves = list(map(json.loads, first["boundaries_test"].splitlines()))
    assert [curve["query_id"] for curve in curves] == [row["query_id"] for row in rows]
    for curve, row in zip(curves, rows, strict=True):
        ends = curve["clip_ends"]
        assert ends == sorted(ends) and ends[-1] <= videos[row["video_id"]]["duration"]
        for name in ("start", "end"):
            assert len(curve[name]) == len(ends) <= 8 and sum(curve[name]) == pytest.approx(1, abs=1e-4)
    main()
    assert all(text == first[name] for name, text in outputs().items() if name != "cost")


def test_a_localizer_that_reads_other_videos_is_refused():
    write_inputs(("val", "test"), localizer="prem")
    features = Path("outputs/features")
    with FeatureFile(features / "resnet.h5") as file:
        items = [Item(name, file[name], {}) for name in file.ids() if name != "test3"]
        write_features(features / "slowfast.h5", iter(items), dict(file.provenance), {})
    config = read_json("outputs/localizer/config.json")
    write_json(
        "outputs/localizer/config.json", {**config, "features": {"streams": ["slowfast"], "normalize": "stream"}}
    )
    with pytest.raises(PipelineError, match="do not read the same videos"):
        main()
