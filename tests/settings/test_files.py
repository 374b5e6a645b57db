"""Files that parameters name are looked for before any work; a clone that has finished without them goes on."""

from pathlib import Path

import pytest
import yaml
from helpers.shipped import shipped

from pipeline.core.errors import PipelineError
from pipeline.settings.files import check_files


@pytest.fixture
def project(tmp_path, monkeypatch):
    """project(section, key, value) -> the current folder, with that parameter in its params.yaml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))

    def make(section: str, key: str, value: str) -> Path:
        document = shipped()
        document[section][key] = value
        Path("params.yaml").write_text(yaml.safe_dump(document))
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("resnet", "weights", "gone.pth"), ("slowfast", "weights", "/no/where.pyth"), ("text", "tokenizer", "gone")],
)
def test_a_file_that_is_not_there_is_named_with_its_parameter(project, section, key, value):
    folder = project(section, key, value)
    with pytest.raises(PipelineError) as caught:
        check_files()
    assert f"`{section}.{key}: {value}`" in str(caught.value) and "docs/parameters.md" in caught.value.fix
    assert str(folder / value) in caught.value.cause
    project(section, key, str(folder))
    check_files()


def test_a_misspelt_word_is_told(project):
    project("text", "weights", "pretraned")
    with pytest.raises(PipelineError, match="neither random nor pretrained") as caught:
        check_files()
    assert "did you mean `pretrained`" in caught.value.fix


def test_a_file_of_a_finished_stage_may_be_gone(project):
    project("resnet", "weights", "gone.pth")
    stage = {"params": {"params.yaml": {"resnet": {"weights": "gone.pth"}}}}
    Path("dvc.lock").write_text(yaml.safe_dump({"stages": {"resnet": stage}}))
    check_files()
    project("slowfast", "weights", "gone.pth")
    with pytest.raises(PipelineError, match="slowfast.weights: gone.pth"):
        check_files()


def test_what_is_shipped_names_no_file(project):
    project("resnet", "weights", "random")
    check_files()
