"""Opens an index folder and answers sentences: videos ranked as in evaluation, and the moments in them.

Test: tests/search/test_searcher.py.
"""

import math
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.core.files import as_written, read_json
from pipeline.core.manifest import read_subtitles
from pipeline.engines.engine import Engine
from pipeline.engines.folder import open_engine
from pipeline.engines.params import EXACT
from pipeline.localizers.common import stored
from pipeline.localizers.common.interface import PairSpans, Situation
from pipeline.localizers.common.moments import distinct
from pipeline.localizers.common.network_localizer import NetworkLocalizer
from pipeline.localizers.common.registry import open_localizer
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import Comparison, best_first
from pipeline.retrieval.storage import FIX, StoredIndex, open_index
from pipeline.retrieval.unusual import unusual
from pipeline.search.files import VideoFiles
from pipeline.search.results import MOST_HITS, Among, Hit, IndexedVideo, Line, Moment, Results
from pipeline.search.sentence import Sentence
from pipeline.text.encoder import QueryEncoder
from pipeline.text.saved import open_encoder

MOST_MOMENTS = 5
DECIMALS = 6
EVERYTHING = Among()
SAMPLE = 1024
"""How many videos, about, stand for all of them where an engine names candidates."""


class Searcher:
    """An index that can be asked, see `Search` in results.py; `Searcher.open` opens one."""

    def __init__(
        self,
        index: StoredIndex,
        engine: Engine | None,
        localizer: stored.StoredLocalizer,
        encoder: QueryEncoder,
        lines: dict[str, tuple[Line, ...]],
        chosen: dict[str, Any],
        folder: Path | None,
    ):
        self._index, self._config, self._engine, self._localizer = index.index, index.config, engine, localizer
        self._encoder, self._lines, self._chosen = encoder, lines, chosen
        self._files = VideoFiles(self._index.video_ids, index.files, folder)
        self._numbers = {video_id: number for number, video_id in enumerate(self._index.video_ids)}

    @classmethod
    def open(cls, folder: Path, videos: Path | None, device: torch.device) -> "Searcher":
        """Open the index that stage `index` wrote; videos: the folder they are in now, None for where they were.

        Raises PipelineError where a file is missing or damaged, and where the index has no text encoder.
        """
        index = open_index(folder, device)
        for name in ("search.json", "subtitles.jsonl"):
            if not (folder / name).is_file():
                raise PipelineError(f"the index has no {name}", where=folder, fix=FIX)
        localizer = stored.open_stored(folder / "localizer", index.index.video_ids, device)
        with as_written(folder / "subtitles.jsonl", FIX):
            lines = {
                track.video_id: tuple(
                    sorted(Line(one.start + 0.0, one.end + 0.0, str(one.text)) for one in track.sentences)
                )
                for track in read_subtitles(folder / "subtitles.jsonl")
            }
        encoder = open_encoder(folder / "text", device)
        engine = open_engine(folder, index.index)
        return cls(index, engine, localizer, encoder, lines, _chosen(folder / "search.json"), videos)

    @cached_property
    def about(self) -> dict[str, Any]:
        """See Search."""
        folders = {str(parent) for name in self._files.names for parent in Path(name).parents}
        return {
            "videos": len(self._index.video_ids),
            "folders": sorted(folders - {"."}),
            "longest": float(self._index.durations.max()),
            "model": self._config["model"],
            "localizer": self._localizer.name,
            "random_weights": self._config["random_weights"],
            "engine": self._engine.says if self._engine else EXACT,
            "threshold": self._threshold,
            "threshold_says": self._threshold_says,
        }

    def video(self, video_id: str) -> IndexedVideo:
        """See Search."""
        return self._video(self._numbers[video_id])

    def listed(self, first: int, count: int, among: Among = EVERYTHING) -> tuple[list[IndexedVideo], int]:
        """See Search."""
        numbers = self._allowed(among).nonzero()[:, 0].tolist()
        by_name = sorted(numbers, key=lambda number: self._files.names[number])
        return [self._video(number) for number in by_name[first : first + count]], len(by_name)

    def search(self, query: str, k: int, among: Among = EVERYTHING) -> Results:
        """See Search."""
        begin = time.perf_counter()
        sentence = Sentence.encode(self._encoder, query)
        encoded = time.perf_counter()
        hits = self._hits(sentence, min(k, MOST_HITS), among)
        fits = None if self._threshold is None else bool(hits) and hits[0].score >= self._threshold
        seconds = {"encode": encoded - begin, "search": time.perf_counter() - encoded}
        return Results(query, tuple(hits), len(self._index.video_ids), fits, sentence.cut, seconds)

    @torch.inference_mode()
    def _hits(self, sentence: Sentence, k: int, among: Among) -> list[Hit]:
        tokens, mask = sentence.tokens(self._index.model.recipe.query_form)
        allowed = self._allowed(among)
        if not allowed.any():
            return []
        index, rows = self._compared(tokens, mask, k, allowed)
        (found,) = index.compare(tokens, mask, k)
        away = unusual(found.score, self._background(tokens, mask) if self._engine else found.score).cpu()
        allowed = allowed[rows] & (away[0] >= (-torch.inf if among.unusual is None else among.unusual))
        count = min(k, int(allowed.sum()))
        if not count:
            return []
        chosen = best_first(found.score.masked_fill(~allowed.to(found.score.device), -torch.inf), count)
        if not allowed.all():
            (found,) = index.compare(tokens, mask, 1, named=chosen.cpu())
        retrieved = found.retrieve(chosen)
        spans = self._spans(sentence, Situation(index, tokens, mask, [retrieved], self._chosen["window"]), rows)
        curves = self._curves(index, found, chosen[0])
        places = retrieved.video[0]
        facts = zip(rows[places].tolist(), retrieved.score[0].tolist(), away[0, places].tolist(), curves, strict=True)
        return [self._hit(rank, *of_video, self._moments(spans, rank)) for rank, of_video in enumerate(facts)]

    def _compared(self, tokens: Tensor, mask: Tensor, k: int, allowed: Tensor) -> tuple[Index, Tensor]:
        """Choose the videos that the query is compared with: their index, and their numbers (C,) in the whole one.

        They are all videos, or the engine's candidates among those that are `allowed` (V,), at least one.
        """
        if self._engine is None:
            return self._index, torch.arange(len(allowed))
        (query,) = self._index.encode(tokens, mask)
        (rows,) = self._engine.candidates(query, k, None if allowed.all() else allowed)
        return self._index.among(rows), rows

    def _background(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Score a sample of the videos, which stands for all of them."""
        (score,) = self._sample.scores(tokens, mask)
        return score

    @cached_property
    def _sample(self) -> Index:
        count = len(self._index.video_ids)
        return self._index.among(torch.arange(0, count, max(1, count // SAMPLE)))

    def _hit(
        self,
        rank: int,
        number: int,
        score: float,
        away: float,
        curve: tuple[tuple[float, float, float], ...],
        moments: tuple[Moment, ...],
    ) -> Hit:
        video, answer = self._video(number), moments[0]
        shown = [line.text for line in video.lines if line.start < answer.end and line.end > answer.start]
        return Hit(rank + 1, video, score, away, moments, curve, " ".join(shown))

    def _allowed(self, among: Among) -> Tensor:
        """Tell for each video whether it is in the folder and of the length that is asked for -> (V,) bool."""
        seconds = self._index.durations
        allowed = (seconds >= among.shortest) & (seconds <= among.longest)
        if among.folder:
            start = among.folder.rstrip("/") + "/"
            allowed &= torch.tensor([name.startswith(start) for name in self._files.names])
        return allowed

    def _spans(self, sentence: Sentence, situation: Situation, rows: Tensor) -> PairSpans:
        """Let the localizer find the best spans, MOST_MOMENTS at most, in each retrieved video of the one query.

        rows: the numbers of the situation's videos in the whole index, which a network has encoded.
        """
        of = self._localizer
        (retrieved,) = situation.retrieved

        def network() -> NetworkLocalizer:
            assert of.network is not None and of.videos is not None
            return NetworkLocalizer(of.network, of.videos, *sentence.tokens(of.network.recipe.query_form))

        localizer = open_localizer(of.name, of.recipe, situation, network)
        video = rows[retrieved.video] if of.network else retrieved.video
        found = localizer.spans(torch.zeros(1, dtype=torch.int64), video)
        span, score = distinct(found, of.recipe.nms, MOST_MOMENTS)
        return PairSpans(span.round(decimals=DECIMALS), score)

    def _moments(self, spans: PairSpans, place: int) -> tuple[Moment, ...]:
        """List the best moments in the video at a place in the ranking; an empty one where the localizer has none."""
        rows = zip(spans.span[0, place].tolist(), spans.score[0, place].tolist(), strict=True)
        there = [Moment(start, end, score) for (start, end), score in rows if score > -torch.inf]
        return tuple(there) or (Moment(0.0, 0.0, -torch.inf),)

    def _curves(self, index: Index, found: Comparison, video: Tensor) -> list[tuple[tuple[float, float, float], ...]]:
        """Compare the query with each clip of the videos (K,): start and end in seconds, and how similar it is."""
        model = index.model
        query = found.query.expand(len(video), *found.query.shape[1:])
        values = model.clip_similarities(query, found.vectors, video).cpu()
        times = index.times.spans[video.cpu()]
        curves = []
        for spans, of_clips in zip(times.tolist(), values.tolist(), strict=True):
            by_span = {tuple(span): value for span, value in zip(spans, of_clips, strict=True) if value > -torch.inf}
            curves.append(tuple((start, end, value) for (start, end), value in by_span.items()))
        return curves

    def _video(self, number: int) -> IndexedVideo:
        video_id, name = self._index.video_ids[number], self._files.names[number]
        duration = float(self._index.durations[number])
        return IndexedVideo(video_id, name, self._files.path(number), duration, self._lines.get(video_id, ()))

    @property
    def _threshold(self) -> float | None:
        chosen = self._chosen["threshold"]
        return chosen and chosen["score"]

    @property
    def _threshold_says(self) -> str:
        told = self._chosen["threshold"]
        if told is None:
            return "Whether a hit fits is not said: queries with and without their video could not be told apart."
        kept, refused = (f"{100 * told[name]:.0f} %" for name in ("kept", "refused"))
        return (
            f"Measured on {told['queries']} held-out queries among {told['videos']} videos: {kept} of those whose "
            f"video was there fit, and {refused} of those whose video was taken out did not. Among more videos, more "
            "hits that do not fit pass."
        )


def _chosen(path: Path) -> dict[str, Any]:
    """Read what evaluation chose: the width of the window, and the score of a hit that fits; each may be None."""
    found = read_json(path, FIX)
    with as_written(path, FIX):
        window, threshold = found["window"], found["threshold"]
        numbers = [] if threshold is None else [threshold[name] + 0.0 for name in ("score", "kept", "refused")]
        if not all(map(math.isfinite, [*numbers, 0.0 if window is None else window + 0.0])):
            raise ValueError("numbers that are not finite")
    return found
