"""The stage indexes every video, whatever its split, without a query or a label."""

import json
from pathlib import Path

import pytest
import torch
from helpers.untrained import write_inputs

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import read_videos, write_queries, write_videos
from pipeline.retrieval.storage import open_index
from stages.index import main


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")


@pytest.mark.parametrize("model", ["amdnet", "gmmformer", "ms_sl", "cca"])
def test_every_video_is_indexed_without_a_query(model, capsys):
    write_inputs(("test", "train", "val"), model)
    Path("outputs/manifest/queries.jsonl").unlink()
    Path("outputs/features/query.h5").unlink()
    main()
    index = open_index("outputs/index").index
    assert index.video_ids == [video.video_id for video in read_videos("outputs/manifest/videos.jsonl")]
    assert index.durations.tolist() == [10.0 + number for _ in range(3) for number in range(5)]
    assert torch.equal(index.times.spans[:, -1, 1], index.times.spans[..., 1].amax(dim=1))
    assert capsys.readouterr().err == f"index: 15 videos, 120 clips, {index.nbytes / 1e6:.1f} MB\n"


def test_the_stage_writes_the_same_bytes_again():
    write_inputs(("test", "val"))
    main()
    before = {path.name: path.read_bytes() for path in Path("outputs/index").rglob("*") if path.is_file()}
    main()
    assert {path.name: path.read_bytes() for path in Path("outputs/index").rglob("*") if path.is_file()} == before
    assert str(Path.cwd()) not in json.dumps(json.loads(before["index.json"]))


def test_videos_without_features_are_counted(capsys):
    write_inputs(("test", "val"))
    videos = read_videos("outputs/manifest/videos.jsonl")
    gone = [type(videos[0])(f"gone{number}", None, "0" * 64, 5.0, ("train",)) for number in range(2)]
    write_videos("outputs/manifest/videos.jsonl", [*videos, *gone])
    write_queries("outputs/manifest/queries.jsonl", [])
    main()
    assert "10 videos" in (line := capsys.readouterr().err) and "2 videos have no features" in line


def test_no_features_at_all_is_refused_and_writes_nothing():
    write_inputs(("test",))
    videos = read_videos("outputs/manifest/videos.jsonl")
    write_videos("outputs/manifest/videos.jsonl", [type(videos[0])("gone", None, "0" * 64, 5.0, ("test",))])
    with pytest.raises(PipelineError, match="no video has features"):
        main()
    assert not Path("outputs/index").exists()
