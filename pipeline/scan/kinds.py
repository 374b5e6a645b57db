"""What a file below `source` is to a data set, by its name alone. Test: tests/scan/test_kinds.py."""

from fnmatch import fnmatchcase
from pathlib import PurePath

from pipeline.annotations.common.layout import Layout
from pipeline.annotations.common.listed import ANNOTATION, OTHER, PACK, RIGHT_ANSWERS, SUBTITLE, VIDEO
from pipeline.annotations.common.subtitles import SUFFIXES as SUBTITLES
from pipeline.annotations.common.videos import is_video


def kind_of(path: PurePath, layout: Layout, videos: PurePath) -> str:
    """One of the kinds of files; path: below `source`; videos: the folder of the videos, below `source` too."""
    if path.parts == (RIGHT_ANSWERS,):
        return ANNOTATION
    if layout.needs == PACK:
        return PACK if set(path.parts[:-1]) & set(layout.pack_folders) else OTHER
    if len(path.parts) == 1 and any(fnmatchcase(path.name, name) for name in layout.annotations):
        return ANNOTATION
    if layout.needs == ANNOTATION:
        return OTHER
    if layout.reads_subtitles and path.suffix.lower() in SUBTITLES:
        return SUBTITLE
    is_called_video = is_video(path) or (not layout.needs_extension and _without_extension(path.name))
    return VIDEO if is_called_video and path.is_relative_to(videos) else OTHER


def _without_extension(name: str) -> bool:
    """Some videos of DiDeMo have none, or a bare dot; what follows the last dot of an id starts with a digit."""
    extension = name.rpartition(".")[2] if "." in name else ""
    return not extension or extension[0].isdigit()
