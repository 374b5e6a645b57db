"""manifest/pack.json: which files of a feature pack the features come from; `null` for every other data set.

The stages that import features depend on it instead of the pack's folder: it names every file with size and hash, so
it changes where they do. Test: tests/packs/test_stages.py.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.core import runtime
from pipeline.core.content_hash import content_sha256
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json


@dataclass(frozen=True)
class FeatureSet:
    """One feature of a pack: its place below `source`, numbers a row (D), dtype (float16 or float32), its files."""

    path: str
    size: int
    dtype: str
    files: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Pack:
    """source: as in params.yaml; collection: tvr, activitynet, charades, ...; both features that are imported."""

    source: str
    collection: str
    video: FeatureSet
    query: FeatureSet

    def unchanged(self, features: FeatureSet) -> Path:
        """Where the feature lies; raises PipelineError where a file is gone or is not what `prepare` has read."""
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
    """The feature at `path` with the files that were read for it, below the folder `source`."""
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
    features = {
        part: FeatureSet(**{**document[part], "files": tuple(document[part]["files"])}) for part in ("video", "query")
    }
    return Pack(**{**document, **features})
