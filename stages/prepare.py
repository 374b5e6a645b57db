"""Stage `prepare`: read the annotations of the data set and write the manifest and prepare.json to outputs/manifest/.

Test: tests/annotations/test_prepare.py.
"""

import importlib
from pathlib import Path

from pipeline.annotations.common.assemble import assemble, summary
from pipeline.annotations.common.dropped import sentence
from pipeline.annotations.common.enough import check_left, check_queries, check_refused, check_spans
from pipeline.annotations.common.params import PrepareParams
from pipeline.annotations.common.refusals import report
from pipeline.annotations.common.right_answers import read_right_answers
from pipeline.annotations.common.shared_val import leave_out_shared_val
from pipeline.annotations.common.untrained import put_into_test
from pipeline.annotations.common.videos import inspect
from pipeline.core.accepted import accepted_share
from pipeline.core.cli import run
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_json
from pipeline.core.learning import read_learns, read_learns_from_spans
from pipeline.core.manifest import write_queries, write_subtitles, write_videos
from pipeline.core.params import load
from pipeline.core.reused import read_reused
from pipeline.packs.description import write_pack
from pipeline.scan.listing import LIST, check_annotations, list_files, list_made, read_list, read_of
from pipeline.scan.source import FIX, exists, path_in_manifest, source_folder
from pipeline.scan.unmatched import unmatched
from pipeline.video.params import DecodeParams

MANIFEST = Path("outputs/manifest")


def main() -> None:
    """Read, check and write the annotations.

    Raises PipelineError where too much was refused, or where a split that is needed is empty or lacks the spans that
    the localizer learns from; then prepare.json alone is written, which names what was refused. It also fails where
    `source` is not as `scan` has found it.
    """
    reader = importlib.import_module(f"pipeline.annotations.{load('dataset').dataset}.reader")
    own_sections = getattr(reader, "SECTIONS", ())
    params = load("dataset", "source", "protocol", PrepareParams, DecodeParams, *own_sections)
    source = source_folder(params.source)
    if not exists(source):
        raise PipelineError("no such folder", where=source, fix=f"{FIX}; `dvc checkout` brings back what was finished")
    listed = read_list(LIST)
    check_annotations(source, listed)
    annotations, learns = reader.read(source, params), read_learns()
    if learns:
        check_queries(annotations, source)
    elif read_reused() or annotations.no_queries:
        put_into_test(annotations)
    read_right_answers(annotations, source)
    leave_out_shared_val(annotations, params.protocol)
    if annotations.files is None:
        is_made = annotations.source != source
        files = inspect(annotations, list_made(annotations.source, params.decode) if is_made else listed)
    else:
        files = annotations.files
    if read_of(list_files(source, params.dataset, params.decode)) != read_of(listed):
        raise PipelineError("a file has changed since scan ran", where=source, fix="run `dvc repro` again")
    paths = {v: None if annotations.pack else path_in_manifest(file.path, params.source) for v, file in files.items()}
    assembled = assemble(annotations, files, paths, params.protocol, params.prepare)
    report(annotations, assembled)
    numbers = {"dataset": params.dataset, "protocol": params.protocol, **summary(annotations, assembled)}
    write_json(MANIFEST / "prepare.json", {**numbers, "unmatched": unmatched(source, listed)})
    check_refused(annotations, assembled, accepted_share(), MANIFEST / "prepare.json")
    check_left(annotations, assembled, params, source, is_trained=learns)
    if read_learns_from_spans():
        check_spans(annotations, assembled, params.protocol)
    write_videos(MANIFEST / "videos.jsonl", assembled.videos)
    write_queries(MANIFEST / "queries.jsonl", assembled.queries)
    write_subtitles(MANIFEST / "subtitles.jsonl", assembled.subtitles)
    write_pack(MANIFEST / "pack.json", annotations.pack)
    sizes = (f"{split} {size['videos']}/{size['queries']}" for split, size in numbers["splits"].items())
    print(f"{params.dataset}: videos/queries {', '.join(sizes)}; {len(assembled.subtitles)} subtitle tracks")
    print(f"left out or cut: {sentence(assembled.dropped) or 'nothing'}")


if __name__ == "__main__":
    run(main)
