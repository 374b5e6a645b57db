"""The stages on a feature pack: the same features from both layouts, exact, in equal bytes; nothing is decoded."""

import json
import shutil

import numpy as np
import pytest
import yaml
from helpers import prepared
from helpers.packs import write_hdf5
from helpers.recipes import write_recipes

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json
from pipeline.core.manifest import read_queries, read_videos
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.packs.arrays import ArrayRows
from pipeline.settings.streams import write_asked
from stages import evaluate, localize, pack, query_text, report, resnet, slowfast, subtitle_text, train

FEATURES = "outputs/features"


def test_the_rows_arrive_unchanged(make_pack, layout, workspace):
    made = make_pack(layout)
    workspace(made.source)
    prepared.main()
    pack.main()
    query_text.main()
    for name, expected in (("pack", made.videos), ("query", made.queries)):
        with FeatureFile(f"{FEATURES}/{name}.h5") as file:
            assert file.ids() == sorted(expected)
            for id, rows in expected.items():
                assert file[id].dtype == np.float32 and np.array_equal(file[id], rows)
            assert file.provenance["weights"].startswith("published: tiny, ")
    assert read_json(f"{FEATURES}/pack.json")["clips"] == 25
    assert all(video.path is None for video in read_videos("outputs/manifest/videos.jsonl"))


def test_half_precision_stays_and_long_queries_are_cut(make_pack, workspace):
    made = make_pack("arrays")
    made.queries = {id: rows.astype(np.float16) for id, rows in made.queries.items()}
    write_hdf5(made.texts / "roberta_tiny_query_feat.hdf5", made.queries)
    workspace(made.source, query_text={"max_tokens": 5})
    prepared.main()
    query_text.main()
    with FeatureFile(f"{FEATURES}/query.h5") as file:
        assert int(file.provenance["max_tokens"]) == 5
        for id, rows in made.queries.items():
            assert file[id].dtype == np.float16 and np.array_equal(file[id], rows[:5])
    numbers = read_json(f"{FEATURES}/query.json")
    assert numbers["truncated"] == sum(len(rows) > 5 for rows in made.queries.values()) == 7


def test_where_the_pack_lies_changes_no_feature_byte(make_pack, layout, workspace, tmp_path):
    made = make_pack(layout)
    features, videos = [], []
    for source in (made.source, shutil.copytree(made.root, tmp_path / "moved" / "tiny").parent):
        folder = workspace(source, name=source.name)
        for stage in (prepared, pack, query_text):
            stage.main()
        features.append([(folder / FEATURES / f"{name}.h5").read_bytes() for name in ("pack", "query")])
        videos.append((folder / "outputs/manifest/videos.jsonl").read_bytes())
    assert features[0] == features[1] and videos[0] == videos[1]


def test_a_pack_that_changed_after_prepare_is_an_error(make_pack, layout, workspace):
    made = make_pack(layout)
    workspace(made.source)
    prepared.main()
    file = made.features / ("clip.hdf5" if layout == "arrays" else "i3d/feature.bin")
    file.write_bytes(file.read_bytes()[:-4] + b"\1\2\3\4")
    with pytest.raises(PipelineError, match="has changed since prepare ran"):
        pack.main()
    file.unlink()
    with pytest.raises(PipelineError, match="cannot be read"):
        pack.main()


def test_rows_that_cannot_be_read_are_an_error_of_file_and_id(make_pack, workspace, monkeypatch):
    made = make_pack("arrays")
    workspace(made.source)
    prepared.main()
    monkeypatch.setattr("pipeline.packs.rows.IsolatedRows", ArrayRows)  # which a limit of this process reaches
    monkeypatch.setattr("pipeline.packs.arrays.MOST_BYTES", 8)
    for stage, ids in ((pack, made.videos), (query_text, made.queries)):
        with pytest.raises(PipelineError, match=f"hdf5: the features of '{min(ids)}': .*8 bytes"):
            stage.main()


def test_from_pack_to_report_in_one_go(make_pack, layout, workspace):
    made = make_pack(layout)
    folder = workspace(made.source)
    parsed = yaml.safe_load((folder / "params.yaml").read_text())
    parsed["resnet"]["weights"] = parsed["slowfast"]["weights"] = "/no/such/file"  # never opened
    (folder / "params.yaml").write_text(yaml.safe_dump(parsed))
    write_recipes(folder, hidden=16, clips=4, batch_videos=2, epochs=1)
    for stage in (prepared, slowfast, resnet, query_text, subtitle_text, pack, train, localize, evaluate, report):
        stage.main()
    for stream in ("slowfast", "resnet", "subtitle"):
        with FeatureFile(f"{FEATURES}/{stream}.h5") as file:
            assert file.ids() == [] and "unused" in read_json(f"{FEATURES}/{stream}.json")
    config = read_json("outputs/model/config.json")
    assert config["features"]["streams"] == ["pack"] and config["random_weights"] == []
    assert (config["video_size"], config["query_size"]) == (6, 4)
    assert read_json("outputs/evaluation/details.json")["splits"]["test"]["videos"] == 2
    assert (
        "There are no pictures and nothing plays: the features came with a feature pack"
        in (folder / "outputs/report.html").read_text()
    )


def test_other_data_sets_have_an_empty_pack(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_asked(["resnet"], ["resnet"])
    (tmp_path / "outputs/manifest").mkdir(parents=True)
    (tmp_path / "outputs/manifest/pack.json").write_text("null\n")
    pack.main()
    with FeatureFile(f"{FEATURES}/pack.h5") as file:
        assert file.ids() == []
    assert json.loads((tmp_path / FEATURES / "pack.json").read_text())["videos"] == 0


@pytest.mark.slow
def test_the_real_pack_from_rows_to_ranking(workspace, real_data):
    folder = workspace(real_data / "packs" / "charades")
    write_recipes(folder, hidden=32, epochs=1)
    for stage in (prepared, query_text, slowfast, resnet, subtitle_text, pack, train, localize, evaluate):
        stage.main()
    numbers = read_json("outputs/manifest/prepare.json")
    assert {s: tuple(n.values()) for s, n in numbers["splits"].items()} == {
        "train": (900, 2492), "val": (100, 262), "test": (334, 966),
    }  # fmt: skip
    assert numbers["spans"] == 3720 and numbers["refused"] == [] and not numbers["pack"]["val_equals_test"]
    assert numbers["pack"]["video_features"]["durations_from_rows"] == 0
    assert read_json(f"{FEATURES}/pack.json")["clips"] == numbers["pack"]["video_features"]["rows"] == 40049
    spans = {query.query_id: query.spans for query in read_queries("outputs/manifest/queries.jsonl")}
    assert spans["YSE1G#enc#0"] == ((0.6, 8.9),)
    details = read_json("outputs/evaluation/details.json")["splits"]["test"]
    assert (details["videos"], details["queries"], details["queries_with_spans"]) == (334, 966, 966)
