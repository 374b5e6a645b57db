"""One file, looked into: the hash of its bytes and, of a video, how long its picture is.

Both are memoised, so that a file that has not changed costs a `stat`. Test: tests/scan/test_look.py.
"""

import json
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from pipeline.annotations.common.videos import regular_file
from pipeline.core.content_hash import Memo
from pipeline.core.files import canonical_json, sha256_file, sha256_text
from pipeline.core.ids import BadRecord
from pipeline.video.params import DecodeParams


def size_and_hash(path: Path, memo: Memo) -> tuple[int, str]:
    """Bytes and SHA-256 of the file; raises BadRecord where it cannot be read."""
    status = regular_file(path)
    try:
        return status.st_size, memo.sha256(path, status)
    except OSError as error:
        raise BadRecord(f"cannot be read: {error.strerror}") from None


def duration_of(path: Path, sha256: str, limits: DecodeParams, memo: Memo) -> float:
    """Where the picture of this file, whose hash is `sha256`, ends: seconds from the start of the file.

    Raises BadRecord where the file holds no video, is damaged, or hangs or crashes the decoder; the last two are tried
    again the next time.
    """
    about = canonical_json({"sha256": sha256, "suffix": path.suffix.lower(), "code": _code_of_probe()})
    known = memo.fact(about)
    if known is not None:
        found = json.loads(known)
    else:
        found = _probed(path, limits)
        memo.note(about, json.dumps(found))
    if isinstance(found, str):
        raise BadRecord(found)
    return found


def _probed(path: Path, limits: DecodeParams) -> float | str:
    """The length, or why there is none."""
    from pipeline.video.probe import probe  # loads PyAV, which a file that is known does not need
    from pipeline.video.reader import DecoderStopped, VideoError

    try:
        return round(probe(path, limits).end, 6)
    except DecoderStopped as error:
        raise BadRecord(error.cause) from None
    except VideoError as error:
        return error.cause


@cache
def _code_of_probe() -> str:
    """What a length depends on besides the file: the code in `pipeline.video`, and PyAV."""
    spec = find_spec("pipeline.video")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent
    code = {path.name: sha256_file(path) for path in folder.glob("*.py")}
    return sha256_text(canonical_json({**code, "av": version("av")}))
