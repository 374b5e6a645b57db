"""Finds the files of a model at one pinned revision of the Hugging Face hub.

They are taken from the local cache, or downloaded where the cache lacks them. Test: tests/backbones/test_hub.py.
"""

import hashlib
from pathlib import Path

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import LocalEntryNotFoundError, RemoteEntryNotFoundError

from pipeline.backbones.common.download import NotPublished
from pipeline.backbones.common.saved import IN_PARTS, INDEX, JOIN, WEIGHTS
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file
from pipeline.core.runtime import weights_cache

REPOSITORY = "FacebookAI/roberta-base"
REVISION = "e2da8e2f811d1448a5b465c236feacd80ffbac7b"
WEIGHTS_SHA256 = "5bde1d28afb363d0103324efeb5afc8b2b397fe5e04beabb9b1ef355255ade81"
TOKENIZER_FILES = ("vocab.json", "merges.txt")
MODEL_FILES = ("config.json", WEIGHTS)
SECONDS_TO_ANSWER = 5  # the hub's client asks six times, with pauses: under a minute where packets are dropped


def roberta_base(names: tuple[str, ...], *, param: str) -> Path:
    """Return the folder that holds the named files of roberta-base.

    A file is taken from the hub's own cache (`HF_HOME`) or downloaded into `AMDNET_CACHE`. Where the hub cannot be
    reached, raises PipelineError, which names `param`, the files and what the user can do.
    """
    return _found(REPOSITORY, REVISION, names, param)


def pinned(repository: str, revision: str, names: tuple[str, ...], *, param: str) -> Path:
    """Return the folder that holds the named files of a repository's commit, each checked with the hub's own hash.

    Files are found as those of roberta-base are. Raises PipelineError where the hub cannot be reached or has no such
    commit or file, where it has the weights in parts, and where the bytes of a file are not those that the hub has at
    this commit.
    """
    folder = _found(repository, revision, names, param)
    for name in names:
        _check(folder / name)
    return folder


def checked_sha256(path: Path) -> str:
    """Return the SHA-256 of a file that `pinned` has checked; the cache names the bytes of a large one with it."""
    stored = path.resolve()
    return stored.name if _has_sha256_name(stored) else sha256_file(stored)


def check_weights(folder: Path) -> str:
    """Return the SHA-256 of the folder's model.safetensors; raises NotPublished where it is not the pinned one."""
    path = folder / WEIGHTS
    found = sha256_file(path)
    if found != WEIGHTS_SHA256:
        raise NotPublished(
            f"its SHA-256 is {found}, not {WEIGHTS_SHA256}: the download is damaged",
            where=path.resolve(),
            fix="remove the file and run again",
        )
    return found


def _found(repository: str, revision: str, names: tuple[str, ...], param: str) -> Path:
    try:
        return _folder(repository, revision, names, local_files_only=True)
    except LocalEntryNotFoundError:
        pass
    try:
        return _fetched(repository, revision, names)
    except Exception as error:  # what the hub's client lets through has no class in common
        if WEIGHTS in names and isinstance(error, RemoteEntryNotFoundError) and _in_parts(repository, revision):
            fix = f"put the files of this commit into a folder, {JOIN}, and set {param} to the folder"
            where = f"{param}, https://huggingface.co/{repository}/tree/{revision}"
            raise PipelineError(IN_PARTS, where=where, fix=fix) from None
        raise PipelineError(
            f"cannot get {' and '.join(names)} from https://huggingface.co/{repository}/tree/{revision} "
            f"({type(error).__name__})",
            where=param,
            fix=f"with a network, run again; without, set {param} to a folder with copies of these files, "
            f"or to `{'corpus' if param == 'text.tokenizer' else 'random'}`",
        ) from None


def _fetched(repository: str, revision: str, names: tuple[str, ...]) -> Path:
    cache = weights_cache() / "hub"
    return _folder(repository, revision, names, cache_dir=cache, etag_timeout=SECONDS_TO_ANSWER)


def _in_parts(repository: str, revision: str) -> bool:
    """Return whether the commit has an index of weights, so far as the hub can be asked."""
    try:
        _fetched(repository, revision, (INDEX,))
    except Exception:  # see `_found`
        return False
    return True


def _folder(repository: str, revision: str, names: tuple[str, ...], **options) -> Path:
    return [Path(hf_hub_download(repository, name, revision=revision, **options)).parent for name in names][0]


def _check(path: Path) -> None:
    """Hold a file against the hash that the hub gave when it was downloaded, which the cache names its bytes with.

    That is the SHA-256 of a large file (LFS), and of any other the SHA-1 by which git knows it.
    """
    stored = path.resolve()
    if _has_sha256_name(stored):
        found = sha256_file(stored)
    else:
        content = stored.read_bytes()
        found = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    if found != stored.name:
        raise NotPublished(
            f"its hash is {found}, the hub's is {stored.name}: the download is damaged",
            where=stored,
            fix="remove the file and run again",
        )


def _has_sha256_name(stored: Path) -> bool:
    return len(stored.name) == hashlib.sha256().digest_size * 2
