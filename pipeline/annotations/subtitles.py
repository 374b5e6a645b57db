"""Subtitles from .srt and .vtt files and from TVR's JSON lines, as sentences with times in seconds.

Text from .srt and .vtt is cleaned as TVR cleaned its subtitles: tags go, line breaks and brackets become spaces, a
colon gets a space on each side. Hours count (TVR's converter drops them). Tests: tests/annotations/test_subtitles.py.
"""

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline.annotations.ids import BadRecord, id_of, seconds_of, sentence_of
from pipeline.annotations.lines import decoded, jsonl_rows
from pipeline.annotations.records import Annotations
from pipeline.manifest import Sentence, Subtitles

SUFFIXES = (".srt", ".vtt")
TIME = r"(?:(\d+):)?([0-5]?\d):([0-5]\d)[.,](\d{1,3})"
TIMING = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?")
TAG = re.compile(r"</?[a-zA-Z0-9][^<>]*>|<[/]?>|\{\\[^{}]*\}")


def read_file(annotations: Annotations, path: Path) -> None:
    """Add the track of one .srt or .vtt file, named as its video; a bad cue is refused with its line."""
    name = annotations.name(path)
    with annotations.refusing("subtitle", path.stem, name):
        video_id = id_of(path.stem, "the file name")
        text = decoded(path.read_bytes())
        sentences = []
        for line, timing, body in _cues(text, is_vtt=path.suffix.lower() == ".vtt"):
            with annotations.refusing("subtitle", video_id, f"{name}:{line}"):
                start, end = _times(timing)
                if "-->" in body:
                    raise BadRecord("no blank line before the next cue")
                sentences += _sentence(clean(body), start, end)
        _add(annotations, name, Subtitles(video_id, tuple(sentences)))


def read_jsonl(annotations: Annotations, path: Path, wanted: Callable[[str], bool]) -> None:
    """Add the tracks of `{"vid_name", "sub": [{"text", "start", "end"}]}` lines whose video is `wanted`."""
    for where, row in jsonl_rows(annotations, path, what="subtitle"):
        with annotations.refusing("subtitle", row.get("vid_name"), where):
            video_id = id_of(row.get("vid_name"), "vid_name")
            if wanted(video_id):
                sentences = _listed(annotations, where, video_id, row.get("sub"))
                _add(annotations, where, Subtitles(video_id, tuple(sentences)))


def clean(text: str) -> str:
    """The words of a cue: no tags, no brackets, white space collapsed, a space on each side of a colon."""
    text = html.unescape(TAG.sub("", text))
    return " ".join(re.sub(r"[()\[\]{}]", " ", text).replace(":", " : ").split())


def _listed(annotations: Annotations, where: str, video_id: str, entries: Any) -> Iterator[Sentence]:
    if not isinstance(entries, list):
        raise BadRecord("`sub` is not a list")
    for number, entry in enumerate(entries):
        with annotations.refusing("subtitle", video_id, f"{where} sub[{number}]"):
            if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
                raise BadRecord('not a {"text", "start", "end"} object')
            text = " ".join(entry["text"].split())
            yield from _sentence(text, seconds_of(entry.get("start"), "start"), seconds_of(entry.get("end"), "end"))


def _sentence(text: str, start: float, end: float) -> list[Sentence]:
    """The sentence, or nothing where it says nothing (a note for music, a line of dashes)."""
    if start > end:
        raise BadRecord(f"it starts ({start:g} s) after its end ({end:g} s)")
    if not any(character.isalnum() for character in text):
        return []
    return [Sentence(sentence_of(text, "text"), start, end)]


def _cues(text: str, is_vtt: bool) -> Iterator[tuple[int, str, str]]:
    """(line of the timing, timing, text) of every block between blank lines; headers and notes of .vtt are skipped."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate([*re.split(r"\r\n|\r|\n", text), ""], 1):
        if line.strip():
            block.append((number, line))
            continue
        at = next((k for k, (_, content) in enumerate(block[:2]) if "-->" in content), None)
        if at is not None:
            yield block[at][0], block[at][1], "\n".join(content for _, content in block[at + 1 :])
        elif block and not (is_vtt and re.match(r"WEBVTT|NOTE|STYLE|REGION", block[0][1])):
            yield block[0][0], "", ""
        block = []


def _times(timing: str) -> tuple[float, float]:
    match = TIMING.fullmatch(timing)
    if not match:
        raise BadRecord("no `start --> end` times as in 00:00:01,500 --> 00:00:03,000")
    return _seconds(*match.groups()[:4]), _seconds(*match.groups()[4:])


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + int(fraction.ljust(3, "0")) / 1000


def _add(annotations: Annotations, where: str, track: Subtitles) -> None:
    if track.sentences:
        annotations.subtitles.append((where, track))
