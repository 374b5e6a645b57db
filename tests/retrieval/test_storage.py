"""A saved index answers as the one in memory, wherever it lies, and nothing that does not belong to it is searched."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import torch
from helpers.untrained import write_inputs

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import read_videos
from pipeline.corpus.clip_times import ClipTimes
from pipeline.corpus.corpus import load_corpus, videos_in_parts
from pipeline.corpus.params import FeaturesParams
from pipeline.evaluation.ranking import rank_corpus
from pipeline.models.common import checkpoint
from pipeline.retrieval.index import Index
from pipeline.retrieval.storage import open_index, save

CPU = torch.device("cpu")
FILES = ["config.json", "index.json", "index.safetensors", "model.safetensors"]
every_model = pytest.mark.parametrize("name", ["amdnet", "gmmformer", "ms_sl", "cca"])


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def corpus_of(split, model, config):
    return load_corpus(
        "outputs/manifest", "outputs/features", split, FeaturesParams(**config["features"]), model.recipe
    )


def built(name: str, folder: str) -> tuple[Index, dict]:
    """The index of the model with random weights, of the videos of both splits, saved too."""
    write_inputs(("test", "val"), name)
    model, config = checkpoint.load("outputs/model")
    videos = read_videos("outputs/manifest/videos.jsonl")
    parts = videos_in_parts(videos, "outputs/features", FeaturesParams(**config["features"]), model.recipe, 3)
    index = Index.build_in_parts(model, parts, len(videos), CPU)
    save(folder, index, config, videos)
    return index, config


def bytes_of(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def same(one, other) -> bool:
    return all(torch.equal(ours, theirs) for ours, theirs in zip(one, other, strict=True))


@every_model
@pytest.mark.parametrize("queries", [1, 10])
def test_the_opened_index_answers_as_the_built_one_to_the_bit(name, queries):
    index, config = built(name, "index")
    stored = open_index("index")
    assert stored.config == config and stored.index.video_ids == index.video_ids
    assert stored.files == [f"{video_id}.mp4" for video_id in index.video_ids]
    assert type(stored.index.vectors) is type(index.vectors) and same(stored.index.vectors, index.vectors)
    assert same(stored.index.times, index.times) and torch.equal(stored.index.durations, index.durations)
    corpus = corpus_of("val", index.model, config)
    query, mask = corpus.query[:queries], corpus.query_mask[:queries]
    assert same(stored.index.search(query, mask, 7), index.search(query, mask, 7))


@every_model
def test_equal_videos_and_weights_are_equal_bytes_and_the_folder_can_be_moved(name):
    built(name, "one")
    built(name, "other")
    assert list(bytes_of("one")) == FILES and bytes_of("one") == bytes_of("other")
    for folder in ("other", "outputs"):
        shutil.rmtree(folder)
    Path("elsewhere").mkdir()
    shutil.move("one", "elsewhere/moved")
    assert len(open_index("elsewhere/moved").index.video_ids) == 10


@every_model
def test_among_the_videos_of_a_split_the_saved_index_ranks_as_evaluation_does(name):
    built(name, "index")
    index, config = open_index("index").index, open_index("index").config
    corpus = corpus_of("val", index.model, config)
    ranking = rank_corpus(Index.build(index.model, corpus, CPU), corpus)
    rows = torch.tensor([index.video_ids.index(video_id) for video_id in corpus.video_ids])
    of_split = dataclasses.replace(
        index,
        video_ids=corpus.video_ids,
        durations=index.durations[rows],
        times=ClipTimes(*(field[rows] for field in index.times)),
        vectors=type(index.vectors)(*(field[rows] for field in index.vectors)),
    )
    found = of_split.search(corpus.query, corpus.query_mask, 10)
    assert torch.equal(found.video, ranking.top.video) and torch.equal(found.moment, ranking.top.moment)
    torch.testing.assert_close(found.score, ranking.top.score)
    torch.testing.assert_close(found.seconds(of_split.times), ranking.top.seconds(corpus.times))
    # Without the restriction they come in the same order, among the others.
    everything = index.search(corpus.query, corpus.query_mask, 10).video
    own = [[rows.tolist().index(video) for video in row if video in rows] for row in everything.tolist()]
    assert own == ranking.top.video.tolist()


def test_a_video_without_features_is_left_out():
    write_inputs(("test",))
    model, config = checkpoint.load("outputs/model")
    listed = read_videos("outputs/manifest/videos.jsonl")
    unknown = [dataclasses.replace(listed[0], video_id=f"a{number}") for number in range(4)]
    features = FeaturesParams(**config["features"])
    parts = list(videos_in_parts([*unknown, *listed], "outputs/features", features, model.recipe, 2))
    assert [video_id for part in parts for video_id in part.video_ids] == [video.video_id for video in listed]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "empty", "cut"])
def test_damage_is_one_clear_error(name, damage):
    built("amdnet", "index")
    path = Path("index") / name
    whole = path.read_bytes()
    path.unlink() if damage == "missing" else path.write_bytes(b"" if damage == "empty" else whole[: len(whole) // 2])
    with pytest.raises(PipelineError) as error:
        open_index("index")
    assert "index" in str(error.value.where) and error.value.fix


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_index_is_refused(name):
    built("amdnet", "index")
    document = json.loads(Path("index/config.json").read_text())
    model, config = checkpoint.load("outputs/model")
    with torch.no_grad():
        model.overview.bias.add_(1)
    videos = [dataclasses.replace(v, sha256="1" * 64) for v in read_videos("outputs/manifest/videos.jsonl")]
    features = FeaturesParams(**config["features"])
    parts = videos_in_parts(videos, "outputs/features", features, model.recipe, 3)
    save("other", Index.build_in_parts(model, parts, len(videos), CPU), {**document, "seed": 8}, videos)
    shutil.copy(Path("other") / name, Path("index") / name)
    with pytest.raises(PipelineError, match="not of one index"):
        open_index("index")


@pytest.mark.parametrize("header", [{"format": 0, "videos": []}, [], "text"])
def test_another_version_is_refused(header):
    built("amdnet", "index")
    Path("index/index.json").write_text(json.dumps(header))
    with pytest.raises(PipelineError, match="another version"):
        open_index("index")


def test_a_model_that_makes_other_vectors_now_is_refused(monkeypatch):
    index, _ = built("amdnet", "index")
    monkeypatch.setattr(
        type(index.model), "index", lambda self, encoding: type(index.vectors)(encoding.moments, encoding.spans)
    )
    with pytest.raises(PipelineError, match="not what this version of the model makes"):
        open_index("index")


def test_a_model_that_nobody_knows_is_refused():
    built("amdnet", "index")
    config = json.loads(Path("index/config.json").read_text())
    for changed in ({**config, "model": "other"}, {**config, "recipe": {}}, [1]):
        Path("index/config.json").write_text(json.dumps(changed))
        with pytest.raises(PipelineError, match="does not describe a model"):
            open_index("index")


def test_a_full_disk_leaves_the_index_that_was_there(monkeypatch):
    index, config = built("amdnet", "index")
    before = bytes_of("index")

    def full(*_):
        raise PipelineError("there is no room to write the file")

    monkeypatch.setattr("pipeline.retrieval.safetensors_file.write", full)
    with pytest.raises(PipelineError, match="no room"):
        save("index", index, {**config, "seed": 9}, read_videos("outputs/manifest/videos.jsonl"))
    assert bytes_of("index") == before
