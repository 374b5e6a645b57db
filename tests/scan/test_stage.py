"""The scan stage: all of params.yaml is looked at, a source that is not there is named, a finished list is kept."""

import json
from pathlib import Path

import pytest
from helpers.videos import grey_frames, write_video

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, read_yaml
from pipeline.scan.listing import LIST
from pipeline.settings.in_use import IN_USE
from stages import prepare, scan

ROWS = "".join(json.dumps({"vid_name": f"v{k}", "desc": f"Number {k}."}) + "\n" for k in range(5))


@pytest.fixture
def source(tmp_path):
    source = tmp_path / "source"
    for k in range(5):
        write_video(source / "videos" / f"v{k}.mp4", grey_frames(10 + k), fps=10)
    (source / "queries.jsonl").write_text(ROWS)
    return source


def test_a_source_that_is_not_there_or_no_folder(workspace, tmp_path, source):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "clip.gif").touch()
    for named, cause in (
        ("../nowhere", "nowhere: no such folder"),
        ("../source/queries.jsonl", "queries.jsonl: this is no folder"),
        ("../source/queries.jsonl/x", "Not a directory"),
        ("../empty", "empty: no video file that `dataset: folder` reads is here"),
        ("../other", "`dataset: folder` reads is here, only clip.gif"),
        ("~nobody-of-this-name/x", "~nobody-of-this-name/x"),
        (" ", "`source` is empty"),
    ):
        workspace(source=named)
        with pytest.raises(PipelineError, match=cause) as caught:
            scan.main()
        assert "`source` in params.yaml" in caught.value.fix


def test_the_values_of_the_run_are_written_with_the_recipes_that_it_takes(workspace, source):
    workspace(source="../source")
    scan.main()
    written = read_json(IN_USE)
    params = read_yaml("params.yaml", absent="")
    assert written["params.yaml"] == params and params["source"] == "../source"
    model, localizer = (
        written[f"recipes/{path}.yaml"] for path in (params["model"], f"localizers/{params['localizer']}")
    )
    assert list(model) == list(localizer) == ["default"] and model["default"]["epochs"] > 0


def test_a_misspelt_source_is_told_the_folder_that_is_meant(workspace, source, tmp_path):
    workspace(source="../soruce/videos")
    with pytest.raises(PipelineError) as caught:
        scan.main()
    assert f"did you mean {tmp_path / 'source'}?" in caught.value.fix and "`source`" in caught.value.cause


def test_the_home_folder_is_found(workspace, tmp_path, monkeypatch, source):
    monkeypatch.setenv("HOME", str(tmp_path))
    workspace(source="~/source")
    scan.main()
    assert LIST.read_text().count('"kind":"video"') == 5


def test_a_list_outlives_its_source_but_stands_for_no_other(workspace, source, capsys):
    workspace(source="../source")
    scan.main()
    before = LIST.read_bytes()
    source.rename(source.with_name("gone"))
    capsys.readouterr()
    scan.main()
    assert LIST.read_bytes() == before
    assert "source does not exist. The list of its 6 files" in capsys.readouterr().err
    with pytest.raises(PipelineError, match="source: no such folder"):
        prepare.main()
    for other in ({"source": "../sourc"}, {"source": "../source", "dataset": "tvr"}):
        workspace(**other)
        with pytest.raises(PipelineError, match="no such folder"):
            scan.main()
        assert LIST.read_bytes() == before


def test_a_list_outlives_its_videos_while_all_else_is_as_it_was(workspace, source, tmp_path, capsys):
    """Annotations in git, videos not; or a link to a disk that is not there."""
    (source / "videos").rename(tmp_path / "disk")
    (source / "videos").symlink_to(tmp_path / "disk")
    workspace(source="../source")
    scan.main()
    before = LIST.read_bytes()
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    scan.main()
    assert LIST.read_bytes() == before and "no video file is in" in capsys.readouterr().err
    (source / "queries.jsonl").write_text(ROWS[1:])
    with pytest.raises(PipelineError, match="source/videos: no video file"):
        scan.main()
    assert LIST.read_bytes() == before


def test_what_changed_since_scan_is_not_made_a_manifest(workspace, source):
    workspace(source="../source")
    scan.main()
    (source / "queries.jsonl").write_text(ROWS + json.dumps({"vid_name": "v0", "desc": "One more."}))
    with pytest.raises(PipelineError, match="a file has changed since scan ran"):
        prepare.main()
    assert not Path("outputs/manifest").exists()


def test_files_that_are_not_read_are_counted_and_named(workspace, source, capsys):
    for k in range(25):
        (source / f"note{k:02}.txt").touch()
    workspace(source="../source")
    scan.main()
    prepare.main()
    told = json.loads(Path("outputs/manifest/prepare.json").read_text())["unmatched"]
    assert told == {"files": 25, "first": [f"note{k:02}.txt" for k in range(20)]}
    assert "25 files: note00.txt, note01.txt" in (said := capsys.readouterr().err) and "and 5 more" in said


def test_all_parameters_are_looked_at(workspace, source):
    for changes, key in (
        ({"source": "../source", "reprot": {}}, "unknown parameter `reprot`.*\n.*did you mean `report`"),
        ({"source": "../source", "report": {"examples": 1, "example": 2}}, "unknown parameter `report.example`"),
        ({"source": "../source", "model": "amdnett"}, "`model`.*\n.*did you mean `amdnet`"),
        ({"source": "../source", "dataset": "foldr"}, "`dataset`.*\n.*did you mean `folder`"),
    ):
        workspace(**changes)
        with pytest.raises(PipelineError, match=key):
            scan.main()
