"""prepare: the annotations of the chosen data set -> the manifest and prepare.json in outputs/manifest/.

Test: tests/annotations/test_prepare.py.
"""

import importlib
import os
from pathlib import Path

from pipeline import runtime
from pipeline.annotations import refusals
from pipeline.annotations.assemble import assemble, summary
from pipeline.annotations.videos import inspect
from pipeline.cli import run
from pipeline.errors import PipelineError
from pipeline.files import write_json
from pipeline.manifest import write_queries, write_subtitles, write_videos
from pipeline.packs.description import write_pack
from pipeline.params import load

MANIFEST = Path("outputs/manifest")


def main() -> None:
    """Read, check, write; raises PipelineError where too much was refused, or nothing is left."""
    params = load("dataset", "source", "protocol", "prepare", "sample", "pack")
    source = runtime.project_root() / Path(params.source).expanduser()
    if not source.is_dir():
        raise PipelineError("no such folder", where=source, fix="set `source` in params.yaml")
    reader = importlib.import_module(f"pipeline.annotations.{params.dataset}")
    annotations = reader.read(source, params)
    files = inspect(annotations) if annotations.files is None else annotations.files
    paths = {
        video_id: None if annotations.pack else _path_in_manifest(file.path, params.source)
        for video_id, file in files.items()
    }
    assembled = assemble(annotations, files, paths, params.protocol, params.prepare)
    refusals.report(annotations, assembled)
    refusals.check_enough_is_left(assembled, params.prepare.max_failed_fraction, source)

    write_videos(MANIFEST / "videos.jsonl", assembled.videos)
    write_queries(MANIFEST / "queries.jsonl", assembled.queries)
    write_subtitles(MANIFEST / "subtitles.jsonl", assembled.subtitles)
    write_pack(MANIFEST / "pack.json", annotations.pack)
    numbers = {"dataset": params.dataset, "protocol": params.protocol, **summary(annotations, assembled)}
    write_json(MANIFEST / "prepare.json", numbers)
    sizes = (f"{split} {size['videos']}/{size['queries']}" for split, size in numbers["splits"].items())
    print(f"{params.dataset}: videos/queries {', '.join(sizes)}; {len(assembled.subtitles)} subtitle tracks")


def _path_in_manifest(path: Path, source: str) -> str:
    """Relative to the main checkout where `source` is, so that the manifest is the same in every checkout."""
    if Path(source).expanduser().is_absolute():
        return str(path)
    return Path(os.path.relpath(path, runtime.project_root())).as_posix()


if __name__ == "__main__":
    run(main)
