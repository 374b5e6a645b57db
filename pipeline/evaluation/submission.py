"""The submission file of TVR: for each query its lists of answers to VCMR, SVMR and VR.

{"video2idx": {video id: index}, "VCMR": [{"desc_id", "desc", "predictions": [[index, start, end, score], ...]}, ...],
"SVMR": [...], "VR": [...]}: the best row of a list comes first, whatever its score; times are in seconds, 0 in VR. A
file may have some of the three tasks only, and may be compressed with gzip. Test: tests/evaluation/test_submission.py.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path
from pipeline.core.ids import shown
from pipeline.localizers.common.interface import Moments

TASKS = ("VCMR", "SVMR", "VR")
READ = 200
"""How many rows of a list are kept when it is read; more are read by no metric, before NMS or after."""

SCORE_DECIMALS = 6
NAMED = 3  # how many ids a message names
FORMAT = (
    'write {"video2idx": {video: index}, "VCMR": [{"desc_id", "desc", "predictions": [[index, start, end, score], '
    '...]}, ...], "SVMR": [...], "VR": [...]}'
)


@dataclass(frozen=True)
class Submission:
    """A submission file that was read and checked.

    lists: by task, those of TASKS that the file has, at most READ rows for each of the Q queries. labels: (Q,) int64,
    the videos of the queries. Both name videos by their positions in `video2idx`.
    """

    lists: dict[str, Moments]
    labels: Tensor


def read_submission(path: Path, query_ids: Sequence[str], video_ids: Sequence[str]) -> Submission:
    """Read a submission for Q queries, given their ids and the ids of their videos; the lists are in their order.

    Raises PipelineError where it is no such file, where a task does not answer exactly these queries or answers one
    with an empty list, where a row is no four finite numbers or names an unknown video, and where a query's video is
    not in `video2idx`.
    """
    document = _document(path)
    tasks = [task for task in TASKS if isinstance(document, dict) and task in document]
    numbers = document.get("video2idx") if tasks else None
    if not isinstance(numbers, dict) or not all(type(number) is int for number in numbers.values()):
        raise PipelineError("not a submission: it lacks `video2idx` or every task", where=path, fix=FORMAT)
    if len(set(numbers.values())) < len(numbers):
        raise PipelineError("`video2idx` gives one index to two videos", where=path, fix="number them apart")
    place = {name: position for position, name in enumerate(numbers)}
    if unknown := sorted({video_id for video_id in video_ids if video_id not in place}):
        cause = f"{len(unknown)} videos of the annotations are not in `video2idx`: {_some(unknown)}"
        fix = "list all videos of the corpus there, or name the annotations of this split"
        raise PipelineError(cause, where=path, fix=fix)
    labels = torch.tensor([place[video_id] for video_id in video_ids])
    known = np.array(list(numbers.values()), dtype=np.float64)
    lists = {task: _task(path, task, document[task], query_ids, known) for task in tasks}
    return Submission(lists, labels)


def write_submission(
    path: Path | str,
    video_ids: Sequence[str],
    query_ids: Sequence[str],
    texts: Sequence[str],
    lists: Mapping[str, Moments],
) -> None:
    """Write a submission of Q queries, one query a line.

    video_ids: of the corpus, in its order, from which each index is taken. lists: by task, for the Q queries. A query
    whose id is a whole number has that number for its `desc_id`. A query that was given no row has one span without
    length, which is never right, because the format has no empty lists.
    """
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write('{"video2idx": ')
        json.dump({video_id: index for index, video_id in enumerate(video_ids)}, file, ensure_ascii=False)
        for task, moments in lists.items():
            file.write(f',\n"{task}": [\n')
            entries = (
                {"desc_id": _number(query_id), "desc": text, "predictions": rows or [[0, 0.0, 0.0, 0.0]]}
                for query_id, text, rows in zip(query_ids, texts, _rows(moments), strict=True)
            )
            file.write(",\n".join(json.dumps(entry, ensure_ascii=False, allow_nan=False) for entry in entries) + "\n]")
        file.write("}\n")


def of_videos(video: Tensor, score: Tensor) -> Moments:
    """Make the lists of VR from videos (Q, M), the best first, and their scores: the spans are 0 to 0."""
    return Moments(video, torch.zeros(*video.shape, 2, dtype=torch.float64), score)


def _document(path: Path) -> Any:
    try:
        raw = path.read_bytes()
        return json.loads(gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise PipelineError("the compressed file is damaged or cut off", where=path, fix="fetch it again") from None
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=path, fix="mend the path") from None
    except (ValueError, RecursionError) as error:
        raise PipelineError(f"not valid JSON: {error}", where=path, fix="write it again, or fetch it again") from None


def _task(path: Path, task: str, entries: Any, query_ids: Sequence[str], known: np.ndarray) -> Moments:
    """Read the lists of a task in the order of the queries; known: (V,) the indices of the videos."""
    by_query: dict[str, Any] = {}
    well_formed = isinstance(entries, list) and all(isinstance(entry, dict) and "desc_id" in entry for entry in entries)
    if not well_formed:
        raise PipelineError(f"`{task}` is not a list of objects with a `desc_id`", where=path, fix=FORMAT)
    for entry in entries:
        query_id = str(entry["desc_id"])
        if query_id in by_query:
            raise _wrong(path, task, query_id, "it has two lists", "keep one of them")
        by_query[query_id] = entry.get("predictions")
    asked = set(query_ids)
    missing, unknown = sorted(asked - set(by_query)), sorted(set(by_query) - asked)
    if missing or unknown:
        what = [
            f"{len(ids)} queries {which}: {_some(ids)}"
            for which, ids in (("of the annotations are missing", missing), ("are not in the annotations", unknown))
            if ids
        ]
        fix = "answer every query of the annotations once, and no other; or name the annotations of this split"
        raise PipelineError(f"`{task}`: {'; '.join(what)}", where=path, fix=fix)
    order = np.argsort(known)
    rows = [_predictions(path, task, query_id, by_query[query_id], known[order]) for query_id in query_ids]
    table = np.full((len(rows), max(map(len, rows)), 4), -1.0)
    for query, own in enumerate(rows):
        table[query, : len(own), 0] = order[np.searchsorted(known[order], own[:, 0])]
        table[query, : len(own), 1:] = own[:, 1:]
    numbers = torch.from_numpy(table)
    return Moments(numbers[..., 0].long(), numbers[..., 1:3], numbers[..., 3].float())


def _predictions(path: Path, task: str, query_id: str, predictions: Any, known: np.ndarray) -> np.ndarray:
    """Check a list and return its first rows (M, 4); known: (V,) the indices of the videos, sorted."""
    if not isinstance(predictions, list) or not predictions:
        raise _wrong(path, task, query_id, "it has no predictions", "every query needs at least one")
    try:
        rows = np.array(predictions)
    except ValueError:  # the rows differ in length
        rows = np.empty(0)
    if rows.ndim != 2 or rows.shape[1] != 4 or rows.dtype.kind not in "iuf":
        cause = "a prediction is not four numbers: video, start, end, score"
        raise _wrong(path, task, query_id, cause, FORMAT)
    rows = rows.astype(np.float64)
    if not np.isfinite(rows).all():
        raise _wrong(path, task, query_id, "a number is not finite", "look for a model that has diverged")
    if not (there := np.isin(rows[:, 0], known)).all():
        cause = f"the video {rows[~there, 0][0]:g} is not in `video2idx`"
        raise _wrong(path, task, query_id, cause, "list all videos of the corpus there")
    return rows[:READ]


def _wrong(path: Path, task: str, query_id: str, cause: str, fix: str) -> PipelineError:
    return PipelineError(f"`{task}`, query {shown(query_id)}: {cause}", where=path, fix=fix)


def _rows(moments: Moments) -> Iterator[list[list[Any]]]:
    """The rows of each query; the score is rounded, and no reader reads it."""
    for videos, spans, scores in zip(*moments, strict=True):
        table = zip(videos.tolist(), spans.tolist(), scores.tolist(), strict=True)
        yield [[video, *span, round(score, SCORE_DECIMALS)] for video, span, score in table if video >= 0]


def _number(query_id: str) -> int | str:
    return int(query_id) if query_id.isascii() and query_id.isdigit() and str(int(query_id)) == query_id else query_id


def _some(ids: Sequence[str]) -> str:
    return ", ".join(map(shown, ids[:NAMED])) + (", ..." if len(ids) > NAMED else "")
