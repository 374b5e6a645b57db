"""The prepare stage: bytes that depend on content alone, and an error that says how to go on."""

import json
import os

import pytest
import yaml

from pipeline.errors import PipelineError
from stages import prepare

OUTS = ("videos.jsonl", "queries.jsonl", "subtitles.jsonl", "pack.json", "prepare.json")
ROWS = [{"vid_name": f"v{k}", "desc": f"Number {k}.", "ts": [0, 1]} for k in range(5)]


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """workspace(name, **changes) -> a folder to run the stage in, with a params.yaml of its own."""

    def make(name="workspace", *, max_failed_fraction=0.0, **changes):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        fractions = {"val_fraction": 0.2, "test_fraction": 0.2, "max_failed_fraction": max_failed_fraction}
        params = {
            "dataset": "folder",
            "source": "../source",
            "protocol": "honest",
            "prepare": {**fractions, "split_seed": 0},
            "pack": {"video_features": "auto", "query_features": "auto", "row_seconds": 1.5},
            "sample": {"train_videos": 1, "val_videos": 1, "test_videos": 1, "seed": 0},
            **changes,
        }
        (folder / "params.yaml").write_text(yaml.safe_dump(params))
        monkeypatch.chdir(folder)
        monkeypatch.delenv("DVC_ROOT", raising=False)
        return folder

    return make


def manifest(folder):
    return {name: (folder / "outputs" / "manifest" / name).read_bytes() for name in OUTS}


def test_the_manifest_depends_on_nothing_but_content(workspace, make_folder, monkeypatch, tmp_path):
    make_folder([f"v{k}" for k in range(5)], ROWS)
    folder = workspace()
    prepare.main()
    first = manifest(folder)
    numbers = json.loads(first["prepare.json"])
    assert (numbers["videos"], numbers["queries"], numbers["seconds"]) == (5, 5, 10.0)
    assert numbers["splits"] == {s: {"videos": n, "queries": n} for s, n in (("train", 3), ("val", 1), ("test", 1))}
    assert {json.loads(line)["path"] for line in first["videos.jsonl"].splitlines()} == {
        f"../source/videos/v{k}.mp4" for k in range(5)
    }

    prepare.main()
    assert manifest(folder) == first

    listed = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: reversed(list(listed(path))))
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "another store"))
    monkeypatch.setenv("DVC_ROOT", str(folder))
    experiment = tmp_path / "temporary" / "experiment"
    experiment.mkdir(parents=True)
    (experiment / "params.yaml").write_bytes((folder / "params.yaml").read_bytes())
    monkeypatch.chdir(experiment)
    prepare.main()
    assert manifest(experiment) == first


def test_an_absolute_source_gives_absolute_paths(workspace, make_folder):
    source = make_folder(["v0"], ROWS[:1])
    folder = workspace(source=str(source))
    prepare.main()
    assert json.loads(manifest(folder)["videos.jsonl"])["path"] == str(source / "videos" / "v0.mp4")


def test_too_much_refused_fails_with_both_ways_out(workspace, make_folder, capsys):
    make_folder(["v0", "v1", "v2"], ROWS)
    folder = workspace()
    with pytest.raises(PipelineError) as caught:
        prepare.main()
    message = str(caught.value)
    assert "2 of 5 queries cannot be used" in message and "queries.jsonl:4: unknown video 'v3'" in message
    assert "mend them" in message and "set prepare.max_failed_fraction to 0.4" in message
    assert "queries.jsonl:5: query v4#0: unknown video 'v4'" in capsys.readouterr().err
    assert not (folder / "outputs").exists()

    folder = workspace(max_failed_fraction=0.4)
    prepare.main()
    numbers = json.loads(manifest(folder)["prepare.json"])
    assert (numbers["queries"], numbers["refused_counts"]["query"]) == (3, 2)
    assert [refused["where"] for refused in numbers["refused"]] == ["queries.jsonl:4", "queries.jsonl:5"]


def test_the_share_of_videos_counts_for_itself(workspace, make_folder, capsys):
    source = make_folder(["v0", "v1", "v2", "v3"], ROWS[:4] * 10)
    (source / "videos" / "v3.mp4").write_bytes(b"")
    workspace(max_failed_fraction=0.2)
    with pytest.raises(PipelineError, match="1 of 4 videos cannot be used"):
        prepare.main()
    assert "and 0 more" not in capsys.readouterr().err
    folder = workspace(max_failed_fraction=0.25)
    prepare.main()
    numbers = json.loads(manifest(folder)["prepare.json"])
    assert numbers["refused_counts"]["query_of_refused_video"] == 10
    assert len(numbers["refused"]) == 11


@pytest.mark.parametrize(
    ("rows", "cause"), [([], "no query is left"), ([{"vid_name": "v0", "desc": "?"}], "1 of 1 queries cannot be used")]
)
def test_nothing_left(workspace, make_folder, rows, cause):
    make_folder(["v0"], rows)
    workspace()
    with pytest.raises(PipelineError, match=cause):
        prepare.main()


def test_a_source_that_is_not_there(workspace):
    workspace(source="../nowhere")
    with pytest.raises(PipelineError, match="nowhere: no such folder"):
        prepare.main()


def test_the_protocol_is_recorded(workspace, make_folder):
    make_folder([f"v{k}" for k in range(5)], ROWS)
    folder = workspace(protocol="published")
    prepare.main()
    numbers = json.loads(manifest(folder)["prepare.json"])
    assert numbers["protocol"] == "published" and numbers["splits"]["val"] == {"videos": 0, "queries": 0}


def test_the_real_sample(workspace, real_data):
    folder = workspace(source=str(real_data / "sample_videos"))
    prepare.main()
    numbers = json.loads(manifest(folder)["prepare.json"])
    assert (numbers["videos"], numbers["queries"], numbers["subtitles"], numbers["clipped"]) == (12, 41, 2, 2)
    assert numbers["refused"] == []
