"""Subtitles from files named as their videos and from TVR's JSON lines, as sentences with times in seconds.

Text from files is cleaned as TVR cleaned its subtitles; hours count (TVR's converter drops them). Tests:
tests/annotations/test_subtitles.py.
"""

import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.annotations.common.lines import jsonl_rows
from pipeline.annotations.common.records import Annotations
from pipeline.core.ids import BadRecord, id_of, seconds_of, sentence_of
from pipeline.core.manifest import Sentence, Subtitles
from pipeline.subtitles.cue import Cue
from pipeline.subtitles.encodings import decode
from pipeline.subtitles.files import SubtitleFile, by_name, check_language, chosen, owned
from pipeline.subtitles.rolling import sentences_of
from pipeline.subtitles.substation import substation
from pipeline.subtitles.timed_lines import timed_lines
from pipeline.subtitles.ttml import ttml

READERS: dict[str, Callable[[str, str], Iterable[Cue]]] = {
    **dict.fromkeys((".srt", ".vtt", ".sbv"), timed_lines),
    **dict.fromkeys((".ass", ".ssa"), lambda text, suffix: substation(text)),
    **dict.fromkeys((".ttml", ".dfxp", ".itt"), lambda text, suffix: ttml(text)),
}
SUFFIXES = tuple(READERS)

TO_SRT = "subtitles of this format are not read: convert the file to .srt, for example `ffmpeg -i old{0} new.srt`"
PICTURES = "subtitles that are pictures are not read: let a program for text recognition make an .srt file of them"
FROM_YOUTUBE = "subtitles of this format are not read: fetch them as .vtt (yt-dlp --sub-format vtt)"
NOT_READ = {
    **{suffix: TO_SRT.format(suffix) for suffix in (".sub", ".smi", ".sami", ".lrc", ".mpl", ".stl", ".scc", ".rt")},
    **dict.fromkeys((".idx", ".sup"), PICTURES),
    **dict.fromkeys((".json3", ".srv1", ".srv2", ".srv3"), FROM_YOUTUBE),
}

LARGEST = 16 * 2**20
"""The most bytes of a subtitle file: a day of captions with a time for every word, read in less than a minute."""

MOST_NAMED = 50
"""The most broken cues of a file that are named; the others are counted."""


def read_files(annotations: Annotations, paths: Iterable[Path], language: str) -> None:
    """Add a track for every video that has subtitle files among `paths`; `language`: prepare.subtitle_language.

    What is not read is refused and counted. Raises PipelineError where `language` is none.
    """
    check_language(language)
    videos, counts, files = by_name(list(annotations.corpus)), annotations.subtitle_counts, defaultdict(list)
    for path in paths:
        suffix = path.suffix.lower()
        file = _owned(annotations, path, videos) if suffix in READERS or suffix in NOT_READ else None
        if file and suffix in READERS:
            files[file.video_id].append(file)
        elif file or suffix in READERS:
            cause = NOT_READ.get(suffix, "no video of this name, or of this name without a language such as `.en`")
            annotations.refuse("subtitle", file.video_id if file else path.stem, annotations.name(path), cause)
            counts.files_not_read += 1
        counts.files += suffix in READERS or file is not None
    for video_id, found in files.items():
        where = " and ".join(annotations.name(file.path) for file in found)
        unread = len(found)
        with annotations.refusing("subtitle", video_id, where):
            path = chosen(found, language).path
            unread = 1
            counts.files_not_chosen += len(found) - 1
            with annotations.refusing("subtitle", video_id, annotations.name(path)):
                sentences = _sentences(annotations, path, video_id)
                annotations.subtitles.append((annotations.name(path), Subtitles(video_id, tuple(sentences))))
                unread = 0
        counts.files_not_read += unread


def _owned(annotations: Annotations, path: Path, videos: Mapping[str, str]) -> SubtitleFile | None:
    """The file with its video, whose id may say folders of the file's path, as many of the last ones as it has."""
    if not annotations.ids_by_path:
        return owned(path, videos)
    folders = path.relative_to(annotations.source).parent.parts
    tried = (owned(path, videos, "".join(f"{part}:" for part in folders[at:])) for at in range(len(folders) + 1))
    return next(filter(None, tried), None)


def read_jsonl(annotations: Annotations, path: Path, wanted: Callable[[str], bool]) -> None:
    """Add the tracks of `{"vid_name", "sub": [{"text", "start", "end"}]}` lines whose video is `wanted`.

    The sentences stay in the order of the line, which published features depend on.
    """
    for where, row in jsonl_rows(annotations, path, what="subtitle"):
        with annotations.refusing("subtitle", row.get("vid_name"), where):
            video_id = id_of(row.get("vid_name"), "vid_name")
            if wanted(video_id):
                sentences = tuple(_listed(annotations, where, video_id, row.get("sub")))
                if sentences:
                    annotations.subtitles.append((where, Subtitles(video_id, sentences)))


def _sentences(annotations: Annotations, path: Path, video_id: str) -> list[Sentence]:
    """The sentences of one file; raises BadRecord where it is not read."""
    name, counts, suffix = annotations.name(path), annotations.subtitle_counts, path.suffix.lower()
    text, encoding = decode(_bytes(path))
    good, bad = [], []
    for cue in READERS[suffix](text, suffix):
        try:
            cue.check()
            good.append(cue)
        except BadRecord as error:
            bad.append((cue.line, str(error)))
    for line, cause in bad[:MOST_NAMED]:
        annotations.refuse("subtitle", video_id, f"{name}:{line}", cause)
    if len(bad) > MOST_NAMED:
        annotations.refuse("subtitle", video_id, name, f"{len(bad) - MOST_NAMED} more cues that cannot be used")
    sentences, silent, repeating = sentences_of(good)
    counts.cues += len(good) + len(bad)
    counts.cues_refused += len(bad)
    counts.cues_silent += silent
    counts.cues_repeating += repeating
    if not sentences:
        raise BadRecord(f"no words in any of its {len(good) + len(bad)} cues that can be used")
    counts.encodings[encoding] += 1
    return sentences


def _bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadRecord("not a regular file")
        if status.st_size > LARGEST:
            raise BadRecord(f"{status.st_size / 2**20:.0f} MiB are too much for subtitles: at most {LARGEST >> 20}")
        return path.read_bytes()
    except OSError as error:
        raise BadRecord(f"cannot be read: {error.strerror}") from None


def _listed(annotations: Annotations, where: str, video_id: str, entries: Any) -> Iterator[Sentence]:
    if not isinstance(entries, list):
        raise BadRecord("`sub` is not a list")
    counts = annotations.subtitle_counts
    for number, entry in enumerate(entries):
        counts.cues += 1
        found = None
        with annotations.refusing("subtitle", video_id, f"{where} sub[{number}]"):
            found = list(_sentence(entry))
        counts.cues_refused += found is None
        counts.cues_silent += found == []
        yield from found or ()


def _sentence(entry: Any) -> Iterator[Sentence]:
    """The sentence of a JSON entry, or nothing where it says nothing (a note for music, a line of dashes)."""
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        raise BadRecord('not a {"text", "start", "end"} object')
    start, end = seconds_of(entry.get("start"), "start"), seconds_of(entry.get("end"), "end")
    if start > end:
        raise BadRecord(f"it starts ({start:g} s) after its end ({end:g} s)")
    if any(character.isalnum() for character in entry["text"]):
        yield Sentence(sentence_of(entry["text"], "text"), start, end)
