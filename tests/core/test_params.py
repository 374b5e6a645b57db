"""params.yaml: complete, commented, and strict."""

import re
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides
from helpers.shipped import PARAMS

from pipeline.annotations.common.params import PrepareParams
from pipeline.backbones.resnet.params import ResNetParams
from pipeline.core.errors import PipelineError
from pipeline.core.params import load
from pipeline.core.schema import refuse_uneven
from pipeline.corpus.params import FeaturesParams
from pipeline.settings.check import check_settings, schemas, sections

ROOT = Path(__file__).resolve().parents[2]
TEXT = PARAMS.read_text()


@pytest.fixture
def edited(tmp_path):
    def edit(old, new):
        assert TEXT.count(old) >= 1
        path = tmp_path / "params.yaml"
        path.write_text(TEXT.replace(old, new, 1))
        return path

    return edit


@pytest.mark.parametrize("given", ["all", "0", "-1", ".nan", ".inf", "true", "[30]"])
def test_max_seconds_is_a_word_or_a_time(edited, given):
    with pytest.raises(PipelineError, match="prepare.max_seconds`: .*neither auto, nor none, nor a number of seconds"):
        load(PrepareParams, path=edited("max_seconds: auto", f"max_seconds: {given}"))
    assert load(PrepareParams, path=edited("max_seconds: auto", "max_seconds: 30")).prepare.max_seconds == 30


def test_a_stage_sees_only_what_it_asked_for():
    params = load("clip_seconds", ResNetParams, path=PARAMS)
    assert params.clip_seconds == 1.5 and params.resnet.pooling == "max"
    assert set(vars(params)) == {"clip_seconds", "resnet"}


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ("  pooling: max", "  poling: max", "resnet.poling", "did you mean `resnet.pooling`"),
        ("clip_seconds: 1.5", "clip_seconds: .inf", "clip_seconds", "less than or equal to 600"),
        ("clip_seconds: 1.5", "clip_seconds: 1e-9", "clip_seconds", "greater than or equal to 0.1"),
        ("  frames_per_second: 3.0", "  frames_per_second: .inf", "resnet.frames_per_second", "finite"),
        ("clip_seconds: 1.5", "clip_second: 1.5", "clip_second", "did you mean `clip_seconds`"),
        ("  pooling: max", "  pooling: median", "resnet.pooling", "'max' or 'mean'"),
        ("  frames_per_second: 3.0", "  frames_per_second: -3.0", "resnet.frames_per_second", "greater than 0"),
        ("  frames_per_second: 3.0", "  frames_per_second: three", "resnet.frames_per_second", "number"),
        ("  batch_frames: 16", "  batch_frames: 8.5", "resnet.batch_frames", "integer"),
        ("  batch_frames: 16", "  batch_frames: true", "resnet.batch_frames", "integer"),
        ("  pooling: max", "  # pooling: max", "resnet.pooling", "required"),
        ("  heads: 4 ", "  heads: 5 ", "text", "of heads (5): set hidden to 125 or 130, or heads to 4 or 8"),
        ("streams: auto ", "streams: [resnet, resnet] ", "features", "named twice"),
        ("streams: auto ", "streams: [resnet, slowfst] ", "features.streams", "did you mean `slowfast`"),
        ("streams: auto ", "streams: [] ", "features.streams", "neither auto nor a list"),
        ("  row_seconds: 1.5", "  row_seconds: 0", "pack.row_seconds", "greater than 0"),
    ],
)
def test_a_bad_parameter_is_named(edited, old, new, key, hint):
    with pytest.raises(PipelineError) as caught:
        check_settings(edited(old, new), ROOT / "recipes")
    assert f"`{key}" in str(caught.value) and hint in str(caught.value)


@pytest.mark.parametrize(
    ("size", "count", "values"), [(2, 3, "hidden to 3, or heads to 2"), (9, 4, "hidden to 8 or 12, or heads to 3 or 9")]
)
def test_units_that_cannot_be_split_are_refused_with_values_that_can(size, count, values):
    refuse_uneven("hidden", 3 * count, "heads", count)
    with pytest.raises(ValueError, match=f"{values}$"):
        refuse_uneven("hidden", size, "heads", count)


def test_a_list_of_streams_is_read_as_dvc_writes_it(edited):
    path = edited("# Every", "# every")
    apply_overrides(path, ["features.streams=[resnet,slowfast,subtitle]"])
    assert load(FeaturesParams, path=path).features.streams == ["resnet", "slowfast", "subtitle"]


@pytest.mark.parametrize("text", ["a: [", "- a list", "\x00", "a: " + 20_000 * "[" + 20_000 * "]"])
def test_a_file_that_is_no_mapping_is_named(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(PipelineError, match=re.escape(str(path))):
        load("model", path=path)


def test_sections_of_the_file_are_those_of_the_code():
    assert set(yaml.safe_load(TEXT)) == set(schemas())


def test_no_value_is_shared_by_an_anchor():
    """`dvc exp run -S` loses what it sets in a mapping that an alias repeats, and says nothing."""
    assert not [token for token in yaml.scan(TEXT) if isinstance(token, yaml.AnchorToken | yaml.AliasToken)]


def test_all_of_the_file_is_well():
    check_settings(PARAMS, ROOT / "recipes")


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ("  pooling: max", "  pooling: maxx", "resnet.pooling", "did you mean `max`"),
        ("model: amdnet ", "model: gmm ", "`model`", "did you mean `gmmformer`"),
        ("recipe: auto ", "recipe: charade ", "`recipe: charade`", "did you mean `recipe: charades`"),
        ("report:\n", "report: 3\nreprot:\n", "reprot", "did you mean `report`"),
    ],
)
def test_what_no_stage_would_read_is_checked_too(old, new, key, hint, edited):
    with pytest.raises(PipelineError) as caught:
        check_settings(edited(old, new), ROOT / "recipes")
    assert key in str(caught.value) and hint in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("model: amdnet ", "model: amdnt ", ["did you mean `amdnet`", "amdnet | cca", "docs/parameters.md"]),
        ("  seed: 0 ", "  seed: -1 ", ["integer >= 0", "docs/parameters.md"]),
        ("streams: auto ", "streams: [resnet, slowfst] ", ["`slowfst`: it is none of", "a list", "docs/parameters.md"]),
        ("  size: 64 ", "  sise: 64 ", ["`slowfast.sise`", "did you mean `slowfast.size`", "docs/parameters.md"]),
        ("source: data/sample", "source: ", ["`source`", "folder of the raw data set", "docs/parameters.md"]),
        ("source: data/sample", "#", ["the parameter `source` is missing", "add it", "docs/parameters.md"]),
    ],
)
def test_an_error_names_what_is_allowed_and_where_it_is_described(old, new, says, edited):
    with pytest.raises(PipelineError) as caught:
        check_settings(edited(old, new), ROOT / "recipes")
    assert not [words for words in says if words not in str(caught.value)], str(caught.value)


def test_a_missing_section_is_found_before_the_stage_that_reads_it(tmp_path):
    whole = yaml.safe_load(TEXT)
    for name in whole:
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump({key: value for key, value in whole.items() if key != name}))
        with pytest.raises(PipelineError, match=f"the parameter `{name}` is missing"):
            check_settings(path, ROOT / "recipes")


def test_a_file_of_an_older_version_is_refused_with_where_each_section_went(edited):
    with pytest.raises(PipelineError, match="recipes/<model>.yaml now") as caught:
        check_settings(edited("train:", "recipes:\n  amdnet: {}\ntrain:"), ROOT / "recipes")
    assert "older version" in str(caught.value)
    with pytest.raises(PipelineError, match="recipes/<model>.yaml now"):
        load("recipe", path=edited("recipe: auto", "recipes: {} #"))


def test_the_comment_of_every_parameter_is_that_of_its_schema():
    found = {}
    section = ""
    for line in TEXT.splitlines():
        if key := re.match(r"( *)([a-z_]+):(?: *[^ #]+(?: [^#]+)?)?(?: +# (.*))?$", line):
            section = "" if not key[1] else section
            found[f"{section}{key[2]}"] = key[3]
            section = f"{key[2]}." if not key[1] else section
    expected = {}
    for name, schema in schemas().items():
        if name in sections():
            expected |= {f"{name}.{key}": field.description for key, field in schema.model_fields.items()}
        else:
            expected[name] = next(part.description for part in schema.__metadata__ if hasattr(part, "description"))
    assert {key: found[key] for key in expected} == expected
