"""The options that repeat a run: hydra, with which DVC reads them, must read the values that the run had."""

import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from pipeline.report.reproduce import options

PARAMS = {
    "dataset": "folder",
    "source": "/my data/it's",
    "sample": {"seed": 0},
    "slowfast": {"size": 64},
    "features": {"streams": ["resnet", "subtitle"], "normalize": "none"},
    "report": {"examples": 12},
}
SETTINGS = {"params.yaml": PARAMS, "recipes/amdnet.yaml": {"default": {"patience_steps": None, "dropout": 0.2}}}


def read(lines):
    """The names and values that DVC would read from the options."""
    words = [word for line in lines for option in line for word in shlex.split(option)]
    assert words[::2] == ["-S"] * (len(words) // 2)
    parsed = [
        OverridesParser.create().parse_override(word.removeprefix("recipes/amdnet.yaml:")) for word in words[1::2]
    ]
    names = [word.partition("=")[0] for word in words[1::2]]
    return {name: one.value() for name, one in zip(names, parsed, strict=True)}


def test_every_parameter_of_the_run_is_set_and_those_of_other_runs_are_not():
    assert read(options(SETTINGS, {"slowfast"})) == {
        "dataset": "folder",
        "source": "/my data/it's",
        "features.streams": ["resnet", "subtitle"],
        "features.normalize": "none",
        "recipes/amdnet.yaml:default.patience_steps": None,
        "recipes/amdnet.yaml:default.dropout": 0.2,
    }
    assert "sample.seed" in read(options({**SETTINGS, "params.yaml": {**PARAMS, "dataset": "sample"}}, set()))


@pytest.mark.parametrize(
    "value",
    ["auto", "null", "True", "1", "1e-3", "nan", "", " x", "a b", "a,b", "[a]", "${a}", "a=b", "it's", "a\\", "a\\'",
     "ä", "1:30", "~/a", "C:\\a b\\", None, True, 7, 0.1, 1e-05, ["1", "a b", "null"]],
)  # fmt: skip
def test_a_value_is_read_as_what_it_was(value):
    found = read(options({"params.yaml": {"dataset": "folder", "other": value}}, set()))["other"]
    assert found == value and type(found) is type(value)
