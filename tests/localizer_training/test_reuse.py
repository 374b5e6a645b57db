"""Stage localize with a reused model: its localizer is copied, or none is trained."""

from pathlib import Path

import pytest
from helpers.localizers import small_recipe
from helpers.reused import move_away, reuse
from helpers.to_localize import choose
from helpers.workspace import change, enter_workspace, train

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json
from pipeline.core.manifest import write_queries
from pipeline.feature_io.hdf5 import write_features
from pipeline.localizers.common import trained
from stages import localize as stage
from stages import train as train_stage

OUT, FEATURES = Path("outputs/localizer"), Path("outputs/features")


@pytest.fixture
def reused(tmp_path, monkeypatch) -> Path:
    """A model and its localizer, trained elsewhere; here are the same videos without queries."""
    enter_workspace(tmp_path, monkeypatch)
    change(model="cca")
    train()
    choose("prem")
    config = {"localizer": "prem", "recipe": small_recipe().model_dump()}
    sizes = {"video_size": 16, "query_size": 16, "subtitle_size": 0, "max_query_tokens": 30}
    provenance = {"resnet": {"weights": "random (seed 0)"}, "query": {"weights": "sha256:0", "max_tokens": 30}}
    config |= {**sizes, "features": {"streams": ["resnet"], "normalize": "stream"}, "provenance": provenance}
    trained.save(OUT, trained.build("prem", small_recipe(), sizes), config)
    folder = move_away("localizer")
    reuse(folder)
    write_queries("outputs/manifest/queries.jsonl", [])
    write_features(FEATURES / "query.h5", [], {"weights": "sha256:0", "max_tokens": 30})
    train_stage.main()
    return folder


def test_the_localizer_that_came_with_the_model_is_copied(reused):
    stage.main()
    for name in (trained.WEIGHTS, trained.CONFIG):
        assert (OUT / name).read_bytes() == (reused / "localizer" / name).read_bytes()
    assert read_json(OUT / "training.json") == {}


def test_moments_need_nothing_of_it(reused):
    choose("moments")
    stage.main()
    assert read_json(OUT / trained.CONFIG)["localizer"] == "moments" and (OUT / trained.WEIGHTS).stat().st_size < 100


def test_another_localizer_or_other_features_are_refused(reused):
    write_features(FEATURES / "query.h5", [], {"weights": "sha256:0", "max_tokens": 12})
    with pytest.raises(PipelineError, match="query_text.max_tokens: 12 here, 30 there"):
        stage.main()
    for name in (trained.WEIGHTS, trained.CONFIG):
        (reused / "localizer" / name).unlink()
    reuse(reused)
    with pytest.raises(PipelineError, match="localizer: prem here, no localizer there"):
        stage.main()


def test_a_damaged_localizer_is_named(reused):
    (reused / "localizer" / trained.WEIGHTS).write_bytes(b"half")
    with pytest.raises(PipelineError) as caught:
        stage.main()
    assert "localizer/model.safetensors" in str(caught.value) and "copy the whole folder anew" in caught.value.fix
