"""What of a folder belongs to a data set: each data set says so in its own folder, in its file layout.py.

Code outside that folder asks `layout_of(dataset)`, so that no other file names a data set. A layout imports neither its
reader nor a heavy library: `scan`, and the messages about files of another data set, look at all of them. Test:
tests/annotations/test_layout.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from pipeline.annotations.common.listed import VIDEO
from pipeline.core.plugins import names


@dataclass(frozen=True)
class Format:
    """The format of a data set's annotation files, by which they are recognised under another name of `dataset`.

    called: whose it is, and its fields; read_from: the names of the files that are read; fits: by how many fields it
    recognises a document (a JSON object, a whole JSON file, or a line of text), 0 for one of another format. A document
    that fits several formats is of the one with the most fields.
    """

    called: str
    read_from: str
    fits: Callable[[Any], int]


@dataclass(frozen=True)
class Layout:
    """Which files below `source` a data set reads.

    needs: the kind of file without which there is nothing to do: VIDEO; ANNOTATION where the reader makes the videos
    itself, and reads annotations alone; PACK where features are read instead of videos, and nothing but `pack_folders`;
    annotations: patterns of the annotation files that the reader looks for directly below `source`;
    reads_subtitles: whether subtitle files are read, wherever they lie;
    needs_extension: whether a video file is known by its extension alone; files of published data sets may have none;
    pack_folders: of a pack, the names of the folders below which all of its files lie, at any depth; a pack that lies
    where another data set is looked for is recognised by the first of them;
    stream: the feature stream that the data set brings along in the place of computed ones, None for none;
    format: of its annotation files, None where they are not recognised by what they hold.
    """

    needs: str = VIDEO
    annotations: tuple[str, ...] = ()
    reads_subtitles: bool = False
    needs_extension: bool = False
    pack_folders: tuple[str, ...] = ()
    stream: str | None = None
    format: Format | None = None


def layout_of(dataset: str) -> Layout:
    """The layout of a data set: LAYOUT in its folder's layout.py."""
    layout: Layout = import_module(f"pipeline.annotations.{dataset}.layout").LAYOUT
    return layout


@cache
def layouts() -> dict[str, Layout]:
    """The layouts of all data sets by name."""
    return {dataset: layout_of(dataset) for dataset in names("annotations", "reader")}


def row_with(*fields: str) -> Callable[[Any], int]:
    """Recognises a JSON object that has all these fields."""
    return lambda row: len(fields) if isinstance(row, Mapping) and set(fields) <= set(row) else 0
