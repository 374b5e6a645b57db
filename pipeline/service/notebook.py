"""Adds sentences of whoever looks at the page to the queries of a user's own videos, on which a model is trained.

Test: tests/service/test_notebook.py.
"""

import threading
from collections import Counter
from pathlib import Path

from pipeline.annotations.common.own_rows import query_files
from pipeline.annotations.common.own_videos import read_queries
from pipeline.core.append import append_line, check_appendable
from pipeline.core.errors import PipelineError
from pipeline.core.files import canonical_json
from pipeline.core.ids import BadRecord, sentence_of
from pipeline.search.results import IndexedVideo

NAME = "queries.jsonl"
"""The file that sentences are added to."""

DECIMALS = 2


class Notebook:
    """The file of queries in the folder of a user's own videos.

    by_path: whether the ids of videos say their folders, too. Raises PipelineError where the folder has its queries in
    another file, or where no line can be added to this one.
    """

    def __init__(self, source: Path, by_path: bool):
        self._file = source / NAME
        others = [path.name for path, _ in query_files(source) if path.name != NAME]
        if others:
            raise PipelineError(
                f"its queries are in {others[0]}, but sentences are added to {NAME}",
                where=source,
                fix=f"write them as JSON lines (`amdnet check {source} --write-queries copy.jsonl`), put that in their "
                f"place as {NAME}, and take {' and '.join(others)} away",
            )
        check_appendable(self._file)
        annotations = read_queries(source, by_path)
        self._splits = annotations.corpus
        self._counts = Counter(query.video_id for query in annotations.queries)
        self._lock = threading.Lock()

    def add(self, video: IndexedVideo, text: str, start: float, end: float) -> int:
        """Add a sentence that says what happens from start to end (seconds), and return how many the video has now.

        Where videos are named for splits, one that is not is put into train. Raises PipelineError for a video that
        is not in the folder, a time beyond its end, and a text without a word; about the file itself, with its path.
        """
        if video.video_id not in self._splits:
            raise PipelineError("this video is not in the folder to whose queries sentences are added")
        end = min(end, round(video.duration, DECIMALS))
        start, end = round(start, DECIMALS), round(end, DECIMALS)
        if end <= start:
            raise PipelineError("the moment must end after its start, and lie in the video")
        try:
            row = {"vid_name": video.video_id, "desc": sentence_of(text, "the sentence"), "ts": [start, end]}
        except BadRecord:
            raise PipelineError("write a sentence that says what happens") from None
        with self._lock:
            if any(self._splits.values()) and not self._splits[video.video_id]:
                row["split"] = "train"
            append_line(self._file, canonical_json(row))
            if "split" in row:
                self._splits[video.video_id].add("train")
            self._counts[video.video_id] += 1
            return self._counts[video.video_id]
