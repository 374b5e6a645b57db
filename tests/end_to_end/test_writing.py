"""A sentence that the page saves is what the next `dvc repro` trains on, without a video being decoded again."""

import json

import pytest
from helpers.numbered import numbered_frames
from helpers.project import TINY, TINY_RECIPE, Project
from helpers.videos import write_video

from pipeline.search.results import IndexedVideo
from pipeline.service.notebook import Notebook

pytestmark = pytest.mark.slow


def test_a_saved_sentence_is_trained_on(tmp_path):
    source = tmp_path / "mine"
    for number in range(5):
        write_video(source / "videos" / f"film{number}.mp4", numbered_frames(20 + number), 12)
    rows = [{"vid_name": f"film{number}", "desc": f"Numbers from {number}."} for number in range(4)]
    (source / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "project").mkdir()
    project = Project(tmp_path / "project", TINY, TINY_RECIPE)
    project.change({"dataset": "folder", "source": str(source)})
    project.repro()
    before = project.path("outputs/manifest/queries.jsonl").read_text()

    film = IndexedVideo("film0", "film0.mp4", source / "videos" / "film0.mp4", 1.6)
    assert Notebook(source, by_path=False).add(film, "The numbers grow.", 0.5, 1.25) == 2
    reran = project.repro()
    assert {"prepare", "query_text", "train", "index", "report"} <= set(reran)
    new = set(project.path("outputs/manifest/queries.jsonl").read_text().splitlines()) - set(before.splitlines())
    (query,) = map(json.loads, new)
    assert (query["query_id"], query["text"], query["spans"]) == ("film0#1", "The numbers grow.", [[0.5, 1.25]])
    decoded = [json.loads(project.path(f"outputs/features/{name}.json").read_text()) for name in ("resnet", "slowfast")]
    assert "resnet" not in reran or [one["decoded"] for one in decoded] == [0, 0]
