"""The reused folder as the stages know it from scan: what it came with, and that it is the same when it is read."""

from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file
from pipeline.core.reused import LOCALIZER, TEXT, Reused, read_reused, write_reused


@pytest.fixture
def reused(tmp_path, monkeypatch) -> Reused:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    names = ("config.json", "text/vocab.json")
    for name in names:
        path = tmp_path / "trained" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return Reused("trained", {name: sha256_file(Path("trained") / name) for name in names})


def test_stages_read_what_scan_wrote(reused):
    write_reused(None)
    assert read_reused() is None
    write_reused(reused)
    assert read_reused() == reused
    assert reused.has(TEXT) and not reused.has(LOCALIZER)


def test_a_temporary_experiment_reads_the_folder_beside_the_main_checkout(reused, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    (tmp_path / "experiment").mkdir()
    monkeypatch.chdir(tmp_path / "experiment")
    reused.copy("text/vocab.json", Path("copy/vocab.json"))
    assert Path("copy/vocab.json").read_text() == "text/vocab.json"


@pytest.mark.parametrize("change", [lambda path: path.write_text("other"), Path.unlink])
def test_a_file_that_is_another_one_now_is_not_copied(reused, change):
    change(Path("trained/config.json"))
    with pytest.raises(PipelineError, match=r"trained/config\.json: the file has changed since scan ran"):
        reused.copy("config.json", Path("copy.json"))
    assert not Path("copy.json").exists()
