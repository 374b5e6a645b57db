"""Files of one data set under another: the error says which `dataset` reads them."""

import json
import os
from types import SimpleNamespace

import pytest

from pipeline.annotations.activitynet import reader as activitynet
from pipeline.annotations.charades import reader as charades
from pipeline.annotations.common.enough import check_queries
from pipeline.annotations.common.formats import files_of_others
from pipeline.annotations.didemo import reader as didemo
from pipeline.annotations.folder import reader as folder
from pipeline.annotations.qvhighlights import reader as qvhighlights
from pipeline.annotations.tvr import reader as tvr
from pipeline.core.errors import PipelineError

PARAMS = SimpleNamespace(prepare=SimpleNamespace(subtitle_language="auto", video_ids="name"))
MOMENT_DETR = {"qid": 1, "query": "A boat.", "vid": "a", "duration": 2, "relevant_windows": [[0, 1]]}
DIDEMO = [{"annotation_id": 1, "description": "A boat.", "video": "a.mp4", "times": [[0, 0], [0, 1]]}]
ACTIVITYNET = {"v_a": {"duration": 2, "timestamps": [[0, 1]], "sentences": ["A boat."]}}
TVR = {"vid_name": "a", "desc": "A boat.", "desc_id": 1, "ts": [0, 1], "duration": 2}
FILES = {
    "highlight_train_release.jsonl": ("qvhighlights", json.dumps(MOMENT_DETR) + "\n"),
    "captions.json": ("activitynet", json.dumps(ACTIVITYNET)),
    "list.json": ("didemo", json.dumps(DIDEMO)),
    "sta.txt": ("charades", "a 0.0 1.5##a boat.\n"),
    "release.jsonl": ("tvr", json.dumps(TVR) + "\n"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("reader", [tvr, activitynet, charades, didemo, qvhighlights, folder])
def test_a_file_of_another_data_set_in_the_folder(make_folder, reader, name):
    source = make_folder(["a"], [])
    (source / "queries.jsonl").unlink()
    dataset, text = FILES[name]
    (source / name).write_text(text)
    if reader.__name__.split(".")[-2] != dataset:
        with pytest.raises(PipelineError) as caught:
            check_queries(reader.read(source, PARAMS), source)
        assert f"the format of {name} is " in str(caught.value) and f"`dataset: {dataset}` reads" in str(caught.value)


def test_rows_of_moment_detr_in_files_of_other_data_sets(make_folder, tmp_path):
    source = make_folder(["a"], [MOMENT_DETR])
    (source / "tvr_val_release.jsonl").write_text(json.dumps(MOMENT_DETR))
    (source / "val_data.json").write_text(json.dumps([MOMENT_DETR]))
    for reader in (folder, tvr, didemo):
        (refused,) = reader.read(source, PARAMS).refused
        assert "`dataset: qvhighlights` reads from highlight_{train,val,test}_release.jsonl" in refused.cause


def test_rows_of_tvr_in_a_file_of_qvhighlights(tmp_path):
    (tmp_path / "highlight_val_release.jsonl").write_text(json.dumps(TVR))
    (refused,) = qvhighlights.read(tmp_path, None).refused
    assert refused.cause.startswith("`vid` is missing; the format is TVR's")


def test_whole_documents_of_another_data_set(tmp_path):
    (tmp_path / "val.json").write_text(json.dumps(DIDEMO))
    with pytest.raises(
        PipelineError, match="keyed by video id; the format is DiDeMo's .* `dataset: didemo` reads from"
    ):
        activitynet.read(tmp_path, None)
    (tmp_path / "val_data.json").write_text(json.dumps(ACTIVITYNET))
    with pytest.raises(PipelineError, match="list of annotations; the format is ActivityNet Captions'"):
        didemo.read(tmp_path, None)


def test_what_is_of_no_known_format_is_passed_over(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing\n")
    (tmp_path / "bad.json").write_bytes(b"\xff{")
    (tmp_path / "numbers.json").write_text("[1]")
    (tmp_path / "empty.jsonl").touch()
    os.mkfifo(tmp_path / "pipe.json")
    assert files_of_others(tmp_path) == ""
    (tmp_path / "tvr" / "FeatureData").mkdir(parents=True)
    assert files_of_others(tmp_path) == "FeatureData is part of a feature pack: `dataset: pack` reads it"
