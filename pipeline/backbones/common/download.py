"""Downloads one file over HTTP, whole or not at all: it resumes broken connections and checks the file's hash.

What has arrived lies beside the file as `<name>.part`, which is locked, so that workers that want the same file wait
for the first one. Pieces from several connections are joined only where a hash can tell that they belong together.
Test: tests/backbones/test_download.py.
"""

import fcntl
import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file

BLOCK = 1 << 20
SECONDS_TO_ANSWER = 20
PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 206, 416


class DownloadError(Exception):
    """The file cannot be downloaded; the message says why."""


class NotPublished(PipelineError):
    """A file that should be the published one is another."""


class WrongHash(DownloadError):
    """What came is another file than the one that was asked for."""


def download(url: str, path: Path, sha256: str) -> None:
    """Download `url` to `path`, unless another process has done so meanwhile.

    sha256: the first digits of the file's hash, or "" where none are known. A broken connection is resumed as long as
    each new one brings something. Raises DownloadError; what has arrived then stays for the next call, except where its
    hash is wrong or there is no hash to check it with.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with open(part, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():
            part.unlink(missing_ok=True)
            return
        if not sha256:
            file.truncate(0)
        try:
            _receive(url, file, resumes=bool(sha256))
            os.fsync(file.fileno())
            digest = sha256_file(part)
            if not digest.startswith(sha256):
                file.truncate(0)
                raise WrongHash(f"its sha256 is {digest}, expected {sha256}...; what came was removed")
            part.replace(path)
        except DownloadError:
            if not sha256 or not part.stat().st_size:
                part.unlink()
            raise


def _receive(url: str, file: BinaryIO, resumes: bool) -> None:
    """Append to the file until it is whole."""
    while True:
        before = file.seek(0, os.SEEK_END)
        try:
            return _connection(url, file)
        except urllib.error.HTTPError as error:
            if error.code != RANGE_NOT_SATISFIABLE or not before:
                raise DownloadError(str(error)) from None
            file.truncate(0)  # longer than the server's file, so the start of another one
        except (OSError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
            file.flush()
            if not resumes or file.seek(0, os.SEEK_END) <= before:
                raise DownloadError(str(getattr(error, "reason", error))) from None


def _connection(url: str, file: BinaryIO) -> None:
    """Append what one connection brings; raises OSError where the connection ends early."""
    offset = file.tell()
    request = urllib.request.Request(url, headers={"Range": f"bytes={offset}-"} if offset else {})
    with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER) as answer:
        goes_on = answer.status == PARTIAL_CONTENT
        if goes_on and not answer.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
            raise OSError("the server sent another part than was asked for")
        if offset and not goes_on:
            file.truncate(0)
            offset = 0
        length = answer.headers.get("Content-Length")
        total = offset + int(length) if length else None
        with tqdm(total=total, initial=offset, unit="B", unit_scale=True, disable=None) as bar:
            while block := answer.read(BLOCK):
                file.write(block)
                bar.update(len(block))
        file.flush()
        size = file.seek(0, os.SEEK_END)
        if total is not None and size != total:
            raise OSError(f"the connection ended after {size} of {total} bytes")
