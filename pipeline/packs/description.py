"""manifest/pack.json: which files of a feature pack the features come from; `null` for every other data set.

The stages that import features depend on this file instead of the pack's folder. It names every file of the pack that
is read, with size and hash, so it changes where these files do. Test: tests/packs/test_stages.py.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.core import runtime
from pipeline.core.content_hash import content_sha256
from pipeline.core.errors import PipelineError
from pipeline.core.files import as_written, read_json, write_json


@dataclass(frozen=True)
class FeatureSet:
    """One feature of a pack.

    path: where it lies, below `source`; size: D, the numbers in a row; dtype: float16 or float32; files: path, bytes
    and sha256 of each of its files.
    """

    path: str
    size: int
    dtype: str
    files: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Pack:
    """A feature pack as the stage `prepare` has read it.

    source: as in params.yaml; collection: tvr, activitynet, charades, ...; video, query: the two features that are
    imported.
    """

    source: str
    collection: str
    video: FeatureSet
    query: FeatureSet

    def unchanged(self, features: FeatureSet) -> Path:
        """Return where the feature lies; raises PipelineError where a file is gone or is not the one that `prepare` has
        read.
        """
        root = runtime.resolve(self.source)
        for file in features.files:
            try:
                same = content_sha256(root / file["path"]) == file["sha256"]
            except OSError as error:
                cause, fix = f"cannot be read: {error.strerror}", "restore it, or run `dvc repro`"
                raise PipelineError(cause, where=root / file["path"], fix=fix) from None
            if not same:
                raise PipelineError(
                    "the file has changed since prepare ran",
                    where=root / file["path"],
                    fix="run `dvc repro`; for a temporary experiment, check out the same data in the main checkout",
                )
        return root / features.path


def describe(source: Path, path: Path, files: list[Path], size: int, dtype: str) -> FeatureSet:
    """Describe the feature at `path`, for which `files` were read; all of them lie below the folder `source`."""
    return FeatureSet(
        path.relative_to(source).as_posix(),
        size,
        dtype,
        tuple(
            {"path": p.relative_to(source).as_posix(), "bytes": p.stat().st_size, "sha256": content_sha256(p)}
            for p in files
        ),
    )


def write_pack(path: Path | str, pack: Pack | None) -> None:
    """Write pack.json."""
    write_json(path, None if pack is None else asdict(pack))


def read_pack(path: Path | str) -> Pack | None:
    """Read pack.json; None where the data set is no feature pack."""
    document = read_json(path)
    if document is None:
        return None
    with as_written(path):
        features = {
            part: FeatureSet(**{**document[part], "files": tuple(document[part]["files"])})
            for part in ("video", "query")
        }
        return Pack(**{**document, **features})
