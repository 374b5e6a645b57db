"""A data set that is added as a folder is scanned, prepared and named in messages, with no other change of the code."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helpers.recipes import write_recipes
from helpers.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
LAYOUT = '''
"""Which files of the toy are read."""

from pipeline.annotations.common.layout import Format, Layout, row_with

LAYOUT = Layout(
    annotations=("toy.jsonl",),
    reads_subtitles=True,
    format=Format(called="the toy's (`clip`, `says`)", read_from="toy.jsonl", fits=row_with("clip", "says")),
)
'''
READER = '''
"""A line is the sentence of a video."""

from pipeline.annotations.common.lines import jsonl_rows
from pipeline.annotations.common.records import AnnotatedQuery, Annotations


def read(source, params):
    annotations = Annotations(source)
    for split, path in annotations.present({"train": ("toy.jsonl",)}):
        for number, (where, row) in enumerate(jsonl_rows(annotations, path)):
            annotations.corpus[row["clip"]] |= set()
            annotations.queries.append(AnnotatedQuery(f"q{number}", row["clip"], row["says"], where))
    return annotations
'''
ROWS = "".join(json.dumps({"clip": f"v{k}", "says": f"Number {k}."}) + "\n" for k in range(5))


@pytest.fixture
def project(tmp_path, make_folder):
    """A copy of the code with the data set `toy` in it, beside a folder of videos with its annotations."""
    project = tmp_path / "project"
    for part in ("pipeline", "stages"):
        shutil.copytree(ROOT / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))
    toy = project / "pipeline" / "annotations" / "toy"
    toy.mkdir()
    for name, text in (("__init__.py", ""), ("layout.py", LAYOUT), ("reader.py", READER)):
        (toy / name).write_text(text.lstrip())
    write_recipes(project)
    source = make_folder([f"v{k}" for k in range(5)], ROWS.encode())
    (source / "queries.jsonl").rename(source / "toy.jsonl")
    (source / "v0.en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello.\n")
    (source / "notes.txt").touch()
    return project


def _run(project: Path, stage: str, **changes: str) -> str:
    params = shipped() | {"source": "../source"} | changes
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    environment = {name: value for name, value in os.environ.items() if name not in ("DVC_ROOT", "PYTHONPATH")}
    done = subprocess.run(
        [sys.executable, "-m", f"stages.{stage}"], cwd=project, env=environment, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_its_files_are_found_and_made_a_manifest(project):
    for stage in ("scan", "prepare"):
        output = _run(project, stage, dataset="toy")
        assert "Traceback" not in output and "What to do" not in output, output
    listed = [json.loads(line) for line in (project / "outputs/scan/files.jsonl").read_text().splitlines()]
    assert {file["path"]: file["kind"] for file in listed} == {
        "notes.txt": "other",
        "toy.jsonl": "annotation",
        "v0.en.srt": "subtitle",
        **{f"videos/v{k}.mp4": "video" for k in range(5)},
    }
    queries = [json.loads(line) for line in (project / "outputs/manifest/queries.jsonl").read_text().splitlines()]
    assert sorted(query["query_id"] for query in queries) == [f"q{k}" for k in range(5)]


def test_its_name_and_its_format_are_known_to_messages(project):
    assert "did you mean `toy`?" in _run(project, "scan", dataset="toi")
    _run(project, "scan", dataset="tvr")
    assert "the format of toy.jsonl is the toy's (`clip`, `says`): `dataset: toy` reads toy.jsonl" in _run(
        project, "prepare", dataset="tvr"
    )
