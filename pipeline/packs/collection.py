"""Finds the parts of a feature pack: the folder of its collection, captions, one video feature and one query feature.

The folders above the collection differ between archives, so the collection is found by what it holds: FeatureData/ and
TextData/. Test: tests/packs/test_collection.py.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import SPLITS
from pipeline.packs.params import PackParams

PARTS = ("FeatureData", "TextData")
DEPTH = 4
"""Folders below `source` in which a collection is looked for."""
CAPTIONS = ".caption.txt"
SUFFIXES = (".hdf5", ".h5")


@dataclass(frozen=True)
class Collection:
    """Where the parts of a feature pack lie.

    name: `tvr`, `charades`, ...; captions: the file of each split; video, query: an HDF5 file, or a folder with
    feature.bin.
    """

    root: Path
    name: str
    captions: dict[str, Path]
    video: Path
    query: Path


def find(source: Path, params: PackParams) -> Collection:
    """Find the one collection below `source`.

    Raises PipelineError where a part is missing or several could be meant.
    """
    root = _one(_roots(source), source, "folder with FeatureData/ and TextData/", "let `source` name one of them")
    features, texts = (root / part for part in PARTS)
    training = sorted(texts.glob(f"*train{CAPTIONS}"))
    name = _one(training, texts, f"file *train{CAPTIONS}", "keep one of them").name.removesuffix(f"train{CAPTIONS}")
    captions = {split: texts / f"{name}{split}{CAPTIONS}" for split in SPLITS}
    return Collection(
        root,
        name,
        {split: path for split, path in captions.items() if path.is_file()},
        _chosen(
            features, [*(p.parent for p in features.rglob("feature.bin")), *_arrays(features)], "video_features", params
        ),
        _chosen(texts, _arrays(texts), "query_features", params),
    )


def _roots(source: Path) -> list[Path]:
    found, level = [], [source]
    for _ in range(DEPTH + 1):
        found += [folder for folder in level if all((folder / part).is_dir() for part in PARTS)]
        level = [inner for folder in level if folder not in found for inner in _folders(folder)]
    return sorted(found)


def _folders(folder: Path) -> list[Path]:
    try:
        return [folder / e.name for e in os.scandir(folder) if not e.name.startswith(".") and os.path.isdir(e.path)]
    except OSError as error:
        raise PipelineError(f"cannot be listed: {error.strerror}", where=folder, fix="give read access to it") from None


def _arrays(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file()]


def _chosen(folder: Path, choices: list[Path], key: str, params: PackParams) -> Path:
    wanted = getattr(params, key)
    named = {path.relative_to(folder).as_posix(): path for path in sorted(choices)}
    if wanted == "auto":
        what = "feature.bin or HDF5 file" if key == "video_features" else "HDF5 file"
        return _one(list(named.values()), folder, what, f"set `pack.{key}` to one of them")
    if wanted not in named:
        raise PipelineError(
            f"no features `{wanted}`; there are: {', '.join(named) or 'none'}",
            where=folder,
            fix=f"set `pack.{key}` to one of them, or to auto",
        )
    return named[wanted]


def _one(found: list[Path], where: Path, what: str, fix: str) -> Path:
    if not found:
        raise PipelineError(f"no {what}", where=where, fix="let `source` name a feature pack: see README.md")
    if len(found) > 1:
        names = ", ".join(path.relative_to(where).as_posix() for path in found)
        raise PipelineError(f"more than one {what}: {names}", where=where, fix=fix)
    return found[0]
