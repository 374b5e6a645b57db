"""A temporary experiment must not get other data than it was made with. Test: tests/annotations/test_prepare.py."""

from pathlib import Path

from pipeline.annotations.common.layout import layout_of
from pipeline.annotations.common.listed import ANNOTATION, OTHER, SUBTITLE, ListedFile
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.videos import find_files
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file
from pipeline.scan.kinds import kind_of
from pipeline.scan.listing import name_of


def check_copy(named: str, source: Path, dataset: str, files: list[ListedFile]) -> None:
    """Hold an experiment's own copy of `source`, which has what git and DVC track, against the main checkout's `files`.

    named: as in params.yaml. Raises PipelineError for a file that is not the same there: of annotations and subtitles
    the content is compared, of videos and packs the size.
    """
    copy = Path.cwd() / Path(named).expanduser()
    if not copy.is_dir() or copy.samefile(source):
        return
    listed, layout = {file.path: file for file in files}, layout_of(dataset)
    videos = Annotations(copy).video_root.relative_to(copy)
    for path in find_files(copy):
        below = path.relative_to(copy)
        if kind_of(below, layout, videos) == OTHER:
            continue
        name = name_of(below)
        file = listed.get(name)
        if not file or not (file.problem or _same(path, file)):
            raise PipelineError(
                "it is another version in the main checkout than in this experiment",
                where=source / name,
                fix="check out the same data there, or make the experiment again from the data that are there",
            )


def _same(path: Path, file: ListedFile) -> bool:
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    return file.kind not in (ANNOTATION, SUBTITLE) or sha256_file(path) == file.sha256
