"""A model that compares clips with sentences as they are: what it is not given of one model is named."""

import shutil
from pathlib import Path

import pytest
from helpers.recipes import recipe_of
from helpers.workspace import change

from pipeline.core.errors import PipelineError
from pipeline.settings.one_space import check_one_space

ROOT = Path(__file__).resolve().parents[2]
CLIP = {"encoder": "clip", "clip_output": "sentence"}


@pytest.fixture(autouse=True)
def _params(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    change(model="zero_shot", query_text=CLIP)


def test_both_sides_of_one_model_are_well():
    check_one_space(recipe_of("zero_shot"), ["clip"])


@pytest.mark.parametrize(
    ("streams", "of_queries", "told", "others"),
    [
        (["resnet", "slowfast"], {}, ["features.streams is [resnet, slowfast]"], ["encoder"]),
        (["clip", "resnet"], {}, ["features.streams is [clip, resnet]"], ["encoder"]),
        (
            ["clip"],
            {"encoder": "roberta"},
            ["query_text.encoder is roberta", "set query_text.encoder to clip"],
            ["streams"],
        ),
        (["clip"], {"clip_output": "tokens"}, ["query_text.clip_output is tokens"], ["encoder", "streams"]),
        (["resnet"], {"encoder": "roberta"}, ["is [resnet]", "is roberta", "[clip] and set query_text"], ["output"]),
    ],
)
def test_what_is_of_another_model_is_named_and_nothing_else(streams, of_queries, told, others):
    change(query_text=of_queries)
    with pytest.raises(PipelineError) as caught:
        check_one_space(recipe_of("zero_shot"), streams)
    message = str(caught.value)
    assert "model: zero_shot" in message and all(one in message for one in told)
    assert not any(one in message for one in others)


def test_a_model_that_learns_a_space_and_a_feature_pack_are_not_concerned():
    change(query_text={"encoder": "roberta"})
    check_one_space(recipe_of("amdnet"), ["resnet"])
    change(dataset="pack")
    check_one_space(recipe_of("zero_shot"), ["pack"])
