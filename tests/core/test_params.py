"""params.yaml: complete, commented, and strict."""

import re
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from pipeline.core.errors import PipelineError
from pipeline.core.params import check_all, load
from pipeline.core.sections import DATASETS, RECIPES, SECTIONS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "params.yaml").read_text()
README = (ROOT / "README.md").read_text()


@pytest.fixture
def edited(tmp_path):
    def edit(old, new):
        assert TEXT.count(old) >= 1
        path = tmp_path / "params.yaml"
        path.write_text(TEXT.replace(old, new, 1))
        return path

    return edit


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("model", RECIPES)
def test_every_model_has_a_valid_recipe_for_every_data_set(model, dataset, edited):
    path = edited("dataset: sample ", f"dataset: {dataset} ")
    path.write_text(path.read_text().replace("model: amdnet ", f"model: {model} ", 1))
    assert isinstance(load("recipe", path=path).recipe, RECIPES[model])


@pytest.mark.parametrize("given", ["all", "0", "-1", ".nan", ".inf", "true", "[30]"])
def test_max_seconds_is_a_word_or_a_time(edited, given):
    with pytest.raises(PipelineError, match="prepare.max_seconds`: .*neither auto, nor none, nor a number of seconds"):
        load("prepare", path=edited("max_seconds: auto", f"max_seconds: {given}"))
    assert load("prepare", path=edited("max_seconds: auto", "max_seconds: 30")).prepare.max_seconds == 30


def test_a_stage_sees_only_what_it_asked_for():
    params = load("clip_seconds", "resnet", path=ROOT / "params.yaml")
    assert params.clip_seconds == 1.5 and params.resnet.pooling == "max"
    assert set(vars(params)) == {"clip_seconds", "resnet"}


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ("  pooling: max", "  poling: max", "resnet.poling", "did you mean `resnet.pooling`"),
        ("clip_seconds: 1.5", "clip_second: 1.5", "clip_second", "did you mean `clip_seconds`"),
        ("  pooling: max", "  pooling: median", "resnet.pooling", "'max' or 'mean'"),
        ("  frames_per_second: 3.0", "  frames_per_second: -3.0", "resnet.frames_per_second", "greater than 0"),
        ("  frames_per_second: 3.0", "  frames_per_second: three", "resnet.frames_per_second", "number"),
        ("  batch_frames: 16", "  batch_frames: 8.5", "resnet.batch_frames", "integer"),
        ("  batch_frames: 16", "  batch_frames: true", "resnet.batch_frames", "integer"),
        ("  pooling: max", "  # pooling: max", "resnet.pooling", "required"),
        ("  heads: 4 ", "  heads: 5 ", "text", "multiple of heads"),
        ("streams: auto ", "streams: [resnet, resnet] ", "features", "named twice"),
        ("streams: auto ", "streams: [pack] ", "features.streams", "set features.streams to auto"),
        ("  row_seconds: 1.5", "  row_seconds: 0", "pack.row_seconds", "greater than 0"),
        ("      moments: 4 ", "      moments: 5 ", "recipes.amdnet.sample", "multiple of moments"),
    ],
)
def test_a_bad_parameter_is_named(edited, old, new, key, hint):
    with pytest.raises(PipelineError) as caught:
        load(*SECTIONS, "recipe", path=edited(old, new))
    assert f"`{key}" in str(caught.value) and hint in str(caught.value)


@pytest.mark.parametrize("value", ["5e-5", "1e-3", "0.00002"])
def test_a_small_number_is_read_as_dvc_writes_it(edited, value):
    path = edited("# Every", "# every")
    apply_overrides(path, [f"recipes.amdnet.sample.learning_rate={value}"])
    assert load("recipe", path=path).recipe.learning_rate == float(value)


def test_a_small_number_may_be_written_by_hand(edited):
    assert load("recipe", path=edited("learning_rate: 1.0e-4", "learning_rate: 2e-3")).recipe.learning_rate == 0.002


def test_a_list_of_streams_is_read_as_dvc_writes_it(edited):
    path = edited("# Every", "# every")
    apply_overrides(path, ["features.streams=[resnet,slowfast,subtitle]"])
    assert load("features", path=path).features.streams == ["resnet", "slowfast", "subtitle"]


@pytest.mark.parametrize("text", ["a: [", "- a list", "\x00"])
def test_a_file_that_is_no_mapping_is_named(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(PipelineError, match=re.escape(str(path))):
        load("model", path=path)


def test_every_parameter_carries_a_comment():
    """Recipes name units and values once a model, for the sample."""
    bare, dataset = [], "sample"
    for line in TEXT.splitlines():
        if level := re.match(r"( {0,4})([a-z_]+):", line):
            dataset = level[2] if len(level[1]) == 4 else "sample"
        if dataset == "sample" and re.match(r"\s*[a-z_]+: *[^ #&]", line) and "#" not in line:
            bare.append(line)
    assert not bare


def test_the_readme_lists_every_parameter_with_its_default():
    """Of a recipe, the sample's for the first model that has the key."""
    document = yaml.safe_load(TEXT)
    defaults = {}
    for model in reversed(RECIPES):
        defaults |= {f"<model>.<dataset>.{key}": value for key, value in document["recipes"][model]["sample"].items()}
    document["recipes"] = defaults
    expected = {}
    for section, value in document.items():
        inner = value if isinstance(value, dict) else {}
        expected |= {f"{section}.{key}": one for key, one in inner.items()} or {section: value}
    table = README.partition("## Parameters")[2].partition("environment variable")[0]
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", table, re.MULTILINE)
    assert {key: yaml.safe_load(shown) for key, shown in rows} == expected


def test_sections_of_the_file_are_those_of_the_code():
    assert set(yaml.safe_load(TEXT)) == set(SECTIONS)


def test_no_value_is_shared_by_an_anchor():
    """`dvc exp run -S` loses what it sets in a mapping that an alias repeats, and says nothing."""
    assert not [token for token in yaml.scan(TEXT) if isinstance(token, yaml.AnchorToken | yaml.AliasToken)]


def test_all_of_the_file_is_well():
    check_all(ROOT / "params.yaml")


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ("  gmmformer:\n", "  gmmforner:\n", "recipes.gmmforner", "did you mean `recipes.gmmformer`"),
        ("    charades: ", "    charade: ", "recipes.amdnet.charade", "did you mean `recipes.amdnet.charades`"),
        ("      learning_rate: 2.5e-4", "      learning_rat: 2.5e-4", "learning_rat`", "activitynet.learning_rate`"),
        ("      moments: 4\n", "      moments: no\n", "recipes.amdnet.folder.moments", "integer"),
        ("  pooling: max", "  pooling: maxx", "resnet.pooling", "did you mean `max`"),
        ("model: amdnet ", "model: gmm ", "`model`", "did you mean `gmmformer`"),
        ("report:\n", "report: 3\nreprot:\n", "reprot", "did you mean `report`"),
    ],
)
def test_what_no_stage_would_read_is_checked_too(old, new, key, hint, edited):
    with pytest.raises(PipelineError) as caught:
        check_all(edited(old, new))
    assert key in str(caught.value) and hint in str(caught.value)
