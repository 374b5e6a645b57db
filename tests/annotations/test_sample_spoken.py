"""Spoken queries of the embedded sample: said in the subtitles and not seen; with none asked for nothing changes."""

from pathlib import Path

import pytest
import yaml

from pipeline.annotations.sample import reader as sample
from pipeline.annotations.sample.params import SampleParams
from pipeline.annotations.sample.spoken import SpokenFacts
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_jsonl, sha256_file

SOURCE = Path(__file__).resolve().parents[2] / "data" / "sample"
VOCABULARY = yaml.safe_load((SOURCE / "spoken.yaml").read_text())
WITHOUT = SampleParams(train_videos=2, val_videos=1, test_videos=1, seed=0, spoken_queries=0)
WITH = WITHOUT.model_copy(update={"spoken_queries": 2})


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    target = tmp_path_factory.mktemp("rendered")
    return sample.render(SOURCE, WITHOUT, target), sample.render(SOURCE, WITH, target)


def _fact(text: str) -> tuple[list[str], list[str]]:
    """The people and the dishes that a sentence names."""
    return [word for word in VOCABULARY["people"] if word in text], [w for w in VOCABULARY["dishes"] if w in text]


def _facts(split: str, videos: int, spoken_queries: int = 2):
    facts = SpokenFacts(VOCABULARY, WITHOUT.model_copy(update={"spoken_queries": spoken_queries}), split)
    return [facts.of_video(3) for _ in range(videos)]


def test_without_spoken_queries_the_sample_is_what_it_was(rendered):
    without, _ = rendered
    assert without.name == "9b67caf1f7ef3866"
    assert sha256_file(without / "queries.jsonl").startswith("0c3486b189ed5920")
    assert sha256_file(without / "subtitles.jsonl").startswith("b02b7c0d61bd4ffe")


def test_videos_and_the_other_queries_stay_the_same(rendered):
    without, with_spoken = rendered
    for video in (without / "videos").iterdir():
        assert video.read_bytes() == (with_spoken / "videos" / video.name).read_bytes()
    seen = [query for query in read_jsonl(with_spoken / "queries.jsonl") if query["type"] == "v"]
    assert seen == [{**query, "type": "v"} for query in read_jsonl(without / "queries.jsonl")]


def test_each_spoken_query_is_said_once_in_its_span_and_shown_by_no_caption(rendered):
    _, folder = rendered
    queries = read_jsonl(folder / "queries.jsonl")
    tracks = {track["vid_name"]: track["sub"] for track in read_jsonl(folder / "subtitles.jsonl")}
    spoken = [query for query in queries if query["type"] == "t"]
    assert len(spoken) == 2 * len(tracks) > 0
    assert {query["type"] for query in queries} == {"v", "t"}
    for query in spoken:
        (start, end), fact = query["ts"], _fact(query["desc"])
        assert [len(words) for words in fact] == [1, 1]
        saying = [cue for cue in tracks[query["vid_name"]] if _fact(cue["text"]) == fact]
        assert len(saying) == 1 and start < saying[0]["start"] < saying[0]["end"] < end
        shared = set(query["desc"].strip(".").split()) & set(saying[0]["text"].strip("?.").split())
        assert {word.strip(",") for word in shared} <= {*fact[0], *fact[1]}
    assert all(_fact(query["desc"]) == ([], []) for query in queries if query["type"] == "v")


def test_the_facts_of_a_video_are_said_in_different_events():
    for facts in _facts("train", 20, 3):
        assert [fact.event for fact in facts] == [0, 1, 2]


def test_no_fact_is_said_twice_before_all_pairs_are_used_up():
    pairs = len(VOCABULARY["people"]) * len(VOCABULARY["dishes"])
    said = [str(_fact(fact.query)) for facts in _facts("test", pairs // 2 + 1) for fact in facts]
    assert len(set(said[:pairs])) == pairs
    assert len(said) > pairs


def test_another_split_says_other_facts_and_a_longer_one_the_same_first():
    assert _facts("test", 8) != _facts("val", 8)
    assert _facts("test", 9)[:8] == _facts("test", 8)


def test_every_word_that_is_asked_for_in_test_is_taught_often_in_train():
    taught = [fact.query for facts in _facts("train", 30) for fact in facts]
    for word in VOCABULARY["people"] + VOCABULARY["dishes"]:
        assert sum(word in query for query in taught) >= 5


def test_more_spoken_queries_than_events_are_refused():
    with pytest.raises(ValueError, match="less than or equal to 3"):
        SampleParams(**{**WITHOUT.model_dump(), "spoken_queries": 4})


def test_a_source_without_the_spoken_words_is_named_where_they_are_asked_for(tmp_path):
    (tmp_path / "scenes.yaml").write_bytes((SOURCE / "scenes.yaml").read_bytes())
    assert sample.render(tmp_path, WITHOUT, tmp_path / "rendered").is_dir()
    with pytest.raises(PipelineError, match=r"spoken\.yaml"):
        sample.render(tmp_path, WITH, tmp_path / "rendered")
