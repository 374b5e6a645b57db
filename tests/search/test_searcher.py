"""A search finds what evaluation found for the same sentence among the same videos, from the index folder alone."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from helpers.searchable import write_searchable

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import read_videos, write_videos
from pipeline.engines import faiss_engine
from pipeline.engines.folder import save_engine
from pipeline.localizers.common.overlap import iou
from pipeline.retrieval.storage import open_index
from pipeline.search.results import Among
from pipeline.search.searcher import Searcher
from pipeline.text.saved import save_no_encoder
from stages import evaluate, index

CPU = torch.device("cpu")
SENTENCE = "a dog runs into the water"
MODELS = ("amdnet", "gmmformer", "ms_sl", "cca", "prem")


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")


def opened(model: str = "amdnet", localizer: str = "moments", answer: str = "model", split: str | None = None):
    """The index of what evaluation has ranked, moved away from everything else."""
    write_searchable(model, localizer, answer)
    evaluate.main()
    if split:
        videos = read_videos("outputs/manifest/videos.jsonl")
        write_videos("outputs/manifest/videos.jsonl", [video for video in videos if split in video.splits])
    index.main()
    shutil.move("outputs/index", "moved")
    rankings = [json.loads(line) for line in Path("outputs/evaluation/rankings_test.jsonl").read_text().splitlines()]
    shutil.rmtree("outputs")
    return Searcher.open(Path("moved"), None, CPU), rankings


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("localizer", "answer"), [("moments", "model"), ("moments", "window"), ("prem", "model")])
def test_a_search_returns_what_evaluation_ranked(model, localizer, answer):
    searcher, rankings = opened(model, localizer, answer, split="test")
    assert len(rankings) == 10
    for row in rankings:
        hits = searcher.search(row["text"], 5).hits
        assert [hit.video.video_id for hit in hits] == [found["video_id"] for found in row["ranking"]]
        assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
        for hit, found in zip(hits, row["ranking"], strict=True):
            assert hit.score == pytest.approx(found["score"], abs=2e-6)
            assert (hit.start, hit.end) == pytest.approx((found["start"], found["end"]), abs=2e-6)


@pytest.mark.parametrize("localizer", ["moments", "prem"])
@pytest.mark.parametrize("model", MODELS)
def test_candidates_of_an_engine_give_the_hits_of_exact_search(model, localizer, monkeypatch):
    pytest.importorskip("faiss", reason="pip install -r requirements-faiss.txt")
    monkeypatch.setattr(faiss_engine, "CANDIDATES", 1)
    exact, _ = opened(model, localizer)
    save_engine(Path("moved"), open_index(Path("moved")).index, "faiss")
    candidates = Searcher.open(Path("moved"), None, CPU)
    assert candidates.about["engine"].startswith("faiss, approximate")
    for among in (Among(), Among(shortest=11.5)):
        ours, theirs = (searcher.search(SENTENCE, 4, among).hits for searcher in (candidates, exact))
        of_video = {hit.video.video_id: hit for hit in exact.search(SENTENCE, 10).hits}
        assert len(ours) == len(theirs) == 4 and all(hit.video.duration >= among.shortest for hit in ours)
        for hit in ours:
            same = of_video[hit.video.video_id]
            assert hit.score == pytest.approx(same.score, abs=1e-5)
            assert hit.unusual == pytest.approx(same.unusual, abs=1e-3)
            assert [(m.start, m.end) for m in hit.moments] == [(m.start, m.end) for m in same.moments]


@pytest.mark.parametrize("model", MODELS)
def test_the_curve_covers_the_clips_of_the_video(model):
    searcher, _ = opened(model)
    for hit in searcher.search(SENTENCE, 10).hits:
        ends = [end for _, end, _ in hit.similarity]
        assert hit.similarity[0][0] == 0 and ends == sorted(ends) and ends[-1] <= hit.video.duration
        assert all(0 <= moment.start < moment.end <= hit.video.duration for moment in hit.moments)


@pytest.mark.parametrize(("localizer", "answer"), [("moments", "model"), ("moments", "window"), ("prem", "model")])
def test_no_moment_of_a_hit_repeats_a_better_one(localizer, answer):
    searcher, _ = opened("cca", localizer, answer)
    several = 0
    for hit in searcher.search(SENTENCE, 10).hits:
        spans = torch.tensor([(moment.start, moment.end) for moment in hit.moments])
        assert iou(spans[:, None], spans).fill_diagonal_(0).max() <= 0.7
        several += len(spans) > 1
    assert several


def test_the_best_clip_of_cca_is_where_the_curve_is_highest():
    searcher, _ = opened("cca")
    for hit in searcher.search(SENTENCE, 10).hits:
        start, end, value = max(hit.similarity, key=lambda part: part[2])
        assert value == pytest.approx(hit.score, abs=1e-5)
        assert start <= hit.start and hit.end <= end + 1e-6


def test_videos_are_chosen_by_folder_length_and_score():
    searcher, _ = opened()
    everything = searcher.search(SENTENCE, 10).hits
    short = searcher.search(SENTENCE, 10, Among(longest=11.0)).hits
    assert [hit.video.video_id for hit in short] == [h.video.video_id for h in everything if h.video.duration <= 11]
    assert [hit.score for hit in short] == [h.score for h in everything if h.video.duration <= 11]
    assert [hit.rank for hit in short] == list(range(1, len(short) + 1))
    middle = everything[4].unusual
    unusual = searcher.search(SENTENCE, 10, Among(unusual=middle)).hits
    assert [hit.video.video_id for hit in unusual] == [hit.video.video_id for hit in everything[:5]]
    assert searcher.search(SENTENCE, 10, Among(folder="nowhere")).hits == ()


def test_videos_are_listed_by_name_in_parts():
    searcher, _ = opened()
    everything, count = searcher.listed(0, 100)
    assert count == len(everything) > 3 and [one.name for one in everything] == sorted(one.name for one in everything)
    assert searcher.listed(1, 2) == (everything[1:3], count) and searcher.listed(count, 5) == ([], count)
    short = [one for one in everything if one.duration <= 11.0]
    assert searcher.listed(0, 100, Among(longest=11.0)) == (short, len(short)) and 0 < len(short) < count


def test_the_lines_that_are_shown_during_the_answer_are_its_subtitle():
    searcher, _ = opened()
    (hit,) = (hit for hit in searcher.search(SENTENCE, 10).hits if hit.video.video_id == "test1")
    expected = [line.text for line in hit.video.lines if line.start < hit.end and line.end > hit.start]
    assert len(hit.video.lines) == 2 and hit.subtitle == " ".join(expected)


def test_a_sentence_of_blanks_is_refused_and_a_long_one_is_cut_and_counted():
    searcher, _ = opened()
    with pytest.raises(PipelineError, match="no word"):
        searcher.search("  \n ", 3)
    assert searcher.search(SENTENCE, 3).cut == 0
    assert searcher.search("dog cat " * 50, 3).cut > 0


def test_without_a_text_encoder_it_says_so():
    write_searchable("amdnet")
    save_no_encoder("outputs/text_encoder", "the queries came with a feature pack")
    index.main()
    with pytest.raises(PipelineError, match="the queries came with a feature pack"):
        Searcher.open(Path("outputs/index"), None, CPU)


@pytest.mark.parametrize("name", ["search.json", "subtitles.jsonl", "localizer/config.json", "text/encoder.json"])
def test_a_file_that_is_missing_is_named(name):
    write_searchable("amdnet")
    index.main()
    (Path("outputs/index") / name).unlink()
    with pytest.raises(PipelineError, match=Path(name).name):
        Searcher.open(Path("outputs/index"), None, CPU)


@pytest.mark.parametrize("threshold", [None, -10.0, 10.0])
def test_a_hit_fits_where_its_score_reaches_the_threshold(threshold):
    opened()
    told = threshold and {"score": threshold, "kept": 0.9, "refused": 0.8, "queries": 9, "videos": 7}
    Path("moved/search.json").write_text(json.dumps({"window": None, "threshold": told}))
    searcher = Searcher.open(Path("moved"), None, CPU)
    assert searcher.search(SENTENCE, 3).fits == (None if threshold is None else threshold < 0)
    assert ("90 %" in searcher.about["threshold_says"]) == (threshold is not None)
