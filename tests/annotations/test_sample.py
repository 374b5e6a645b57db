"""The embedded sample: the same bytes every time, and captions that say what the pixels show."""

from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
import yaml
from helpers.shipped import PARAMS

from pipeline.annotations.sample import reader as sample
from pipeline.annotations.sample.params import SampleParams
from pipeline.annotations.sample.render import FPS, HEIGHT, WIDTH, Scene, scene_frames
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_jsonl, sha256_file
from pipeline.core.params import load

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "data" / "sample"
SMALL = SampleParams(train_videos=2, val_videos=1, test_videos=1, seed=0, spoken_queries=0)


def _contents(folder):
    return {str(path.relative_to(folder)): sha256_file(path) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    return sample.render(SOURCE, SMALL, tmp_path_factory.mktemp("rendered"))


def test_two_renderings_are_the_same_bytes(rendered, tmp_path):
    assert _contents(sample.render(SOURCE, SMALL, tmp_path)) == _contents(rendered)


def test_a_longer_corpus_holds_the_shorter_one(rendered, tmp_path):
    more = sample.render(SOURCE, SMALL.model_copy(update={"train_videos": 3}), tmp_path)
    videos = {name: digest for name, digest in _contents(rendered).items() if name.endswith(".mp4")}
    assert videos.items() < _contents(more).items()


def test_another_seed_is_another_corpus_in_another_folder(rendered):
    other = sample.render(SOURCE, SMALL.model_copy(update={"seed": 1}), rendered.parent)
    assert other != rendered
    assert _contents(other)["videos/train_000.mp4"] != _contents(rendered)["videos/train_000.mp4"]


def test_videos_last_what_the_captions_say(rendered):
    queries = read_jsonl(rendered / "queries.jsonl")
    for name in {query["vid_name"] for query in queries}:
        events = sorted(query["ts"] for query in queries if query["vid_name"] == name)
        assert 3 <= len(events) <= 4 and events[0][0] == 0
        assert all(before[1] == after[0] for before, after in zip(events, events[1:], strict=False))
        with av.open(str(rendered / "videos" / f"{name}.mp4")) as container:
            frames = sum(1 for _ in container.decode(video=0))
        assert frames == pytest.approx(events[-1][1] * FPS, abs=0.02)
        assert 9 <= frames / FPS <= 15


def test_the_colour_of_each_caption_is_seen_in_its_span_and_moves_as_said(rendered):
    vocabulary = yaml.safe_load((SOURCE / "scenes.yaml").read_text())
    for query in read_jsonl(rendered / "queries.jsonl"):
        colour = next(
            name
            for name in vocabulary["colours"]
            if f"is {name} " in query["desc"]
            or any(f"{name} {shape}" in query["desc"] for shape in vocabulary["shapes"])
        )
        motion = next(name for name in vocabulary["motions"] if name in query["desc"])
        with av.open(str(rendered / "videos" / f"{query['vid_name']}.mp4")) as container:
            frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
        start, end = (round(second * FPS) for second in query["ts"])
        centres = []
        for frame in (frames[start + 3], frames[end - 4]):
            near = np.abs(frame - vocabulary["colours"][colour]).max(axis=-1) < 60
            assert near.sum() > 100, query
            centres.append(np.argwhere(near).mean(axis=0)[::-1])
        moved = centres[1] - centres[0]
        assert np.dot(moved, vocabulary["motions"][motion]) > 10, query


def test_the_shape_travels_through_the_middle_of_the_frame():
    scene = Scene("square", (255, 0, 0), (1, 0), "plain", ((0, 0, 0), (0, 0, 0)), frames=3)
    centres = [np.argwhere(frame[..., 0] > 0).mean(axis=0) for frame in scene_frames(scene)]
    assert centres[1] == pytest.approx((HEIGHT / 2, WIDTH / 2), abs=1)
    assert centres[0][1] < centres[1][1] < centres[2][1]


def test_chance_on_the_default_test_corpus_is_at_most_four_per_cent():
    assert 100 / load(SampleParams, path=PARAMS).sample.test_videos <= 4


def test_read_gives_given_splits_and_exact_spans(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    params = SimpleNamespace(sample=SMALL, prepare=SimpleNamespace(subtitle_language="auto", video_ids="name"))
    annotations = sample.read(SOURCE, params)
    assert {query.split for query in annotations.queries} == {"train", "val", "test"}
    assert all(len(query.spans) == 1 for query in annotations.queries)
    assert not annotations.refused


def test_a_source_without_scenes_is_named(tmp_path):
    with pytest.raises(PipelineError, match=r"scenes\.yaml"):
        sample.render(tmp_path, SMALL, tmp_path / "rendered")
