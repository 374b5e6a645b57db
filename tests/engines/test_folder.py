"""The stage builds the engine that params.yaml names; an engine that does not belong to its index is refused."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from helpers.untrained import write_inputs

from pipeline.core.errors import PipelineError
from pipeline.engines.engine import search
from pipeline.engines.folder import FACTS, FILE, open_engine
from pipeline.retrieval.storage import open_index
from stages.index import main

INDEX = Path("outputs/index")


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")
    write_inputs(("test", "val"))


@pytest.fixture
def faiss():
    return pytest.importorskip("faiss", reason="the optional package faiss-cpu is not installed")


def run(engine: str) -> None:
    document = yaml.safe_load(Path("params.yaml").read_text())
    document["index"]["engine"] = engine
    Path("params.yaml").write_text(yaml.safe_dump(document))
    main()


def opened(folder: Path = INDEX):
    return open_engine(folder, open_index(folder).index)


def test_an_index_is_searched_exactly_unless_an_engine_is_asked_for(capsys):
    main()
    assert opened() is None and len(capsys.readouterr().err.splitlines()) == 1
    assert not list(INDEX.glob("engine.*"))


def test_the_engine_lies_beside_the_index_and_can_be_moved_with_it(faiss, capsys):
    run("faiss")
    said = capsys.readouterr().err.splitlines()[1]
    shutil.copytree(INDEX, "moved")
    shutil.rmtree(INDEX)
    index, engine = open_index("moved").index, opened(Path("moved"))
    assert said == f"index: {engine.says}" and "100.0 % of the 10 best videos" in said
    query = index.vectors.clips[:2, 0]
    assert search(index, engine, query, 3).video[:, 0].tolist() == [0, 1]
    facts = json.loads(Path("moved/engine.json").read_text())
    assert facts["recall@10"] == 1 and facts["sample_queries"] == 10 and facts["vectors"] == 80


def test_the_stage_writes_the_same_bytes_again(faiss):
    run("faiss")
    before = [(INDEX / name).read_bytes() for name in (FACTS, FILE)]
    run("faiss")
    assert [(INDEX / name).read_bytes() for name in (FACTS, FILE)] == before
    run("exact")
    assert opened() is None and not list(INDEX.glob("engine.*"))


def test_without_its_package_the_engine_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(PipelineError, match="pip install -r requirements-faiss.txt"):
        run("faiss")
    assert not INDEX.exists()


def cut_off(folder: Path) -> None:
    file = folder / FILE
    file.write_bytes(file.read_bytes()[:-9])


def of_another_index(folder: Path) -> None:
    write_inputs(("test", "train"))
    main()
    for name in (FACTS, FILE):
        shutil.copy(folder / name, INDEX)
    shutil.rmtree(folder)
    shutil.copytree(INDEX, folder)


def missing(folder: Path) -> None:
    (folder / FILE).unlink()


def of_another_version(folder: Path) -> None:
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_text(json.dumps(facts | {"format": 2}))


@pytest.mark.parametrize(
    ("harm", "cause"),
    [
        (cut_off, "cut off, or the engine of another index"),
        (of_another_index, "cut off, or the engine of another index"),
        (missing, "engine.faiss: the file does not exist"),
        (of_another_version, "engine.json: another version of this program"),
    ],
)
def test_what_does_not_belong_to_the_index_is_refused(faiss, harm, cause):
    run("faiss")
    shutil.copytree(INDEX, "harmed")
    harm(Path("harmed"))
    with pytest.raises(PipelineError, match=f"{cause}[\\s\\S]*amdnet repair"):
        opened(Path("harmed"))
