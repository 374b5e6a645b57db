"""Extracts subtitle features: RoBERTa reads a video's sentences, and their tokens are pooled to clips.

RoBERTa reads a context at once: as many whole sentences as fit into it. The store has one entry for each video.
Test: tests/text/test_subtitles.py.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.clock import clip_count
from pipeline.core.files import canonical_json, sha256_text
from pipeline.core.manifest import Sentence, Subtitles, Video
from pipeline.core.progress import watched
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.feature_io.store import Entry, Store, entry_key
from pipeline.text.encoder import LIBRARIES, TextEncoder, entry_of
from pipeline.text.pooling import own_clips, pool_own, pool_published, published_clips

COUNTS = ("sentences", "tokens", "truncated", "sentences_outside", "clips_covered")

REVISION = 2
"""To be raised when a change of the code changes the features."""


def contexts_of(lengths: Sequence[int], limit: int) -> list[range]:
    """Group consecutive sentences into contexts, each of as many sentences as fit into `limit` tokens.

    lengths: the tokens of each sentence, none of more than `limit`. A context is a range of indices of sentences.
    """
    contexts: list[range] = []
    begin, filled = 0, 0
    for index, length in enumerate(lengths):
        if filled + length > limit:
            contexts.append(range(begin, index))
            begin, filled = index, 0
        filled += length
    if filled:
        contexts.append(range(begin, len(lengths)))
    return contexts


def extract_subtitles(
    videos: list[Video],
    subtitles: list[Subtitles],
    encoder: TextEncoder,
    clip_seconds: float,
    pooling: str,
    store: Store,
    path: Path | str,
) -> dict[str, Any]:
    """Write the feature file of `videos`, dataset video_id -> (T, D), and return the stage's metrics.

    pooling: `subtitle_text.pooling`. T = clip_count(duration, clip_seconds), as in the visual streams. The row of a
    clip without subtitles is zeros, and so are all rows of a video without subtitles.
    """
    begin = time.perf_counter()
    store.remove_abandoned()
    sentences = {track.video_id: _in_order(track.sentences, pooling) for track in subtitles}
    provenance = {
        **encoder.provenance,
        "stream": "subtitle",
        "clip_seconds": clip_seconds,
        "pooling": pooling,
        "revision": REVISION,
    }

    def entry(video: Video) -> tuple[Entry, bool]:
        own = sentences[video.video_id]
        content = canonical_json({"duration": video.duration, "sentences": [asdict(sentence) for sentence in own]})
        clips = clip_count(video.duration, clip_seconds)
        key = entry_key(sha256_text(content), provenance)
        return entry_of(store, key, lambda: _compute(encoder, own, clip_seconds, clips, pooling))

    videos = sorted(videos, key=lambda video: video.video_id)
    spoken = [video for video in videos if sentences.get(video.video_id)]
    totals, reused, libraries = dict.fromkeys(COUNTS, 0), 0, set()
    for video in watched(spoken, "subtitle_text", "video"):
        found, was_there = entry(video)
        reused += was_there
        libraries.add(found.attributes["libraries"])
        for name in COUNTS:
            totals[name] += found.attributes[name]

    def datasets() -> Iterator[Item]:
        for video in videos:
            clips = clip_count(video.duration, clip_seconds)
            rows = np.zeros((clips, encoder.roberta.size), np.float16)
            if sentences.get(video.video_id):
                rows = entry(video)[0].arrays["clips"]
            attributes = {"duration": video.duration, "T": clips, "sentences": len(sentences.get(video.video_id, ()))}
            yield Item(video.video_id, rows, attributes)

    named = {"tokenizer": encoder.params.tokenizer, "libraries": sorted(libraries)}
    write_features(path, datasets(), {**provenance, **named})
    clips = sum(clip_count(video.duration, clip_seconds) for video in videos)
    return {
        "videos": len(videos),
        "with_subtitles": len(spoken),
        "pooling": pooling,
        "sentences": totals["sentences"],
        "tokens": totals["tokens"],
        "clips": clips,
        "clips_covered": _share(totals["clips_covered"], clips),
        "computed": len(spoken) - reused,
        "reused": reused,
        "truncated": totals["truncated"],
        "truncated_share": _share(totals["truncated"], totals["sentences"]),
        "sentences_outside": totals["sentences_outside"],
        "sentences_outside_share": _share(totals["sentences_outside"], totals["sentences"]),
        "seconds": round(time.perf_counter() - begin, 3),
    }


def _in_order(sentences: Sequence[Sentence], pooling: str) -> Sequence[Sentence]:
    """Sort the sentences by start and end, so that a context holds what is said in a row.

    For `published_run` they keep the source's order, as for the published features.
    """
    if pooling == "published_run":
        return sentences
    return sorted(sentences, key=lambda sentence: (sentence.start, sentence.end))


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _compute(
    encoder: TextEncoder, sentences: Sequence[Sentence], clip_seconds: float, count: int, pooling: str
) -> Entry:
    limit = encoder.room
    ids = [encoder.tokenizer.ids(sentence.text) for sentence in sentences]
    cut = [sentence[:limit] for sentence in ids]
    lengths = [len(sentence) for sentence in cut]
    runs = [np.zeros((0, encoder.roberta.size), np.float32)]
    for context in contexts_of(lengths, limit):
        runs.append(encoder.roberta.features([token for index in context for token in cut[index]]))
    times, tokens = [(sentence.start, sentence.end) for sentence in sentences], np.concatenate(runs)
    if pooling == "published_run":
        members = published_clips(times, clip_seconds, count)
        pooled, covered = pool_published(tokens, lengths, members, count)
        inside = len({index for indices in members.values() for index in indices})
    else:
        clips = own_clips(times, clip_seconds, count)
        pooled, covered = pool_own(tokens, lengths, clips, count)
        inside = sum(len(own) > 0 for own in clips)
    counts = {
        "sentences": len(sentences),
        "tokens": sum(lengths),
        "truncated": sum(len(sentence) > limit for sentence in ids),
        "sentences_outside": len(sentences) - inside,
        "clips_covered": int(covered.sum()),
    }
    return Entry({"clips": pooled.astype(np.float16)}, {**counts, "libraries": LIBRARIES})
