"""Features of CLIP with every model: beside other streams, as sentences and as tokens, and with RoBERTa's queries."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.workspace import change, choose_recipe, enter_workspace

from pipeline.core.files import read_json
from pipeline.core.manifest import read_queries, read_videos, write_queries, write_subtitles
from pipeline.feature_io.hdf5 import FeatureFile, Item, write_features
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.packs.description import write_pack
from pipeline.search.searcher import Searcher
from pipeline.settings.streams import write_asked
from stages import evaluate, index, localize, query_text, train

COLOURS = ("red", "green", "blue", "white", "black")
CLIP, ROWS = 64, 9
"""The numbers of a row of the model `random`, and the rows of a video."""
SIZES = {"clip": CLIP, "slowfast": 24, "resnet": 16}
MODELS = ("amdnet", "gmmformer", "ms_sl", "prem", "cca", "zero_shot")


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    """Three streams of random rows, and a sentence for each third of a video."""
    enter_workspace(tmp_path, monkeypatch)
    draw = np.random.default_rng(0)
    videos = [video.video_id for video in read_videos("outputs/manifest/videos.jsonl")]
    for stream, size in SIZES.items():
        items = [Item(video, draw.standard_normal((ROWS, size)), {}) for video in sorted(videos)]
        write_features(f"outputs/features/{stream}.h5", items, {"weights": "random (seed 0)", "clip_seconds": 1.0})
    queries = read_queries("outputs/manifest/queries.jsonl")
    seen = {"spans": ((0.0, 3.0),)}
    texts = (f"A {COLOURS[place % 5]} ball rolls, number {place}." for place in range(len(queries)))
    write_queries(
        "outputs/manifest/queries.jsonl",
        [type(query)(**{**vars(query), **seen, "text": text}) for query, text in zip(queries, texts, strict=True)],
    )
    write_subtitles("outputs/manifest/subtitles.jsonl", [])
    write_pack("outputs/manifest/pack.json", None)
    change(text={"layers": 2, "hidden": 16, "heads": 2})


def run(model: str, streams: list[str], encoder: str, output: str = "sentence", localizer: str = "moments") -> Searcher:
    """Run the stages from the queries to the index, and open it where nothing else is."""
    change(
        model=model,
        localizer=localizer,
        features={"streams": streams},
        query_text={"encoder": encoder, "clip_output": output},
    )
    write_asked(streams, streams)
    choose_recipe()
    chosen = LOCALIZERS.load(localizer, "auto", "sample")
    small = {"hidden": 16, "inner": 16, "heads": 2, "epochs": 1} if localizer == "prem" else {}
    LOCALIZERS.write_chosen(localizer, chosen.model_copy(update=small))
    Path("outputs/manifest/prepare.json").write_text("{}")
    for stage in (query_text, train, localize, evaluate, index):
        stage.main()
    shutil.move("outputs/index", "moved")
    shutil.rmtree("outputs")
    return Searcher.open(Path("moved"), None, torch.device("cpu"))


def check(searcher: Searcher, random: set[str]) -> None:
    hits = searcher.search("A red ball rolls.", 3).hits
    assert len(hits) == 3 and all(0 <= hit.start < hit.end <= ROWS for hit in hits)
    assert set(searcher.about["random_weights"]) == random


@pytest.mark.parametrize("output", ["sentence", "tokens"])
@pytest.mark.parametrize("model", MODELS[:-1])
def test_every_model_that_is_trained_learns_from_both_sides_of_clip(model, output):
    searcher = run(model, ["clip"], "clip", output)
    check(searcher, {"clip", "query"})
    config = read_json("moved/config.json")
    assert (config["video_size"], config["query_size"]) == (CLIP, CLIP)
    made = config["provenance"]["query"]
    assert (made["encoder"], made["clip_output"], made["max_tokens"]) == ("clip", output, 77)


@pytest.mark.parametrize("model", ["amdnet", "cca"])
@pytest.mark.parametrize(
    ("streams", "encoder"), [(["clip"], "roberta"), (["slowfast", "resnet", "clip"], "roberta"), (["resnet"], "clip")]
)
def test_clip_stands_beside_other_streams_and_other_queries(model, streams, encoder):
    check(run(model, streams, encoder), {*streams, "query"})
    assert read_json("moved/config.json")["video_size"] == sum(SIZES[stream] for stream in streams)


def test_sentences_are_files_of_one_row_a_query():
    change(query_text={"encoder": "clip", "clip_output": "sentence"})
    query_text.main()
    with FeatureFile("outputs/features/query.h5") as file:
        assert {file.shape(query) for query in file.ids()} == {(1, CLIP)}


@pytest.mark.parametrize("localizer", ["moments", "prem"])
def test_a_model_that_needs_no_training_is_evaluated_as_any_other(localizer):
    searcher = run("zero_shot", ["clip"], "clip", localizer=localizer)
    check(searcher, {"clip", "query"})
    assert read_json("moved/search.json").keys() == {"window", "threshold"}
