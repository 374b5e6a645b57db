"""Tells which subtitle file belongs to which video, and which one is read where a video has several.

`talk.srt`, `talk.en.vtt`, `talk.en-US.srt` and `talk.de.forced.srt` belong to the video `talk`, unless another video
has the longer name itself. Test: tests/subtitles/test_files.py.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.subtitles.languages import language_of

AUTO = "auto"
MARKS = frozenset("asr auto cc default forced full hi orig sdh".split())
"""What a file's name may say besides the language; `hi` (hearing impaired, or Hindi) counts only after a language."""


@dataclass(frozen=True)
class SubtitleFile:
    """A subtitle file and what its name tells.

    tag: the language as the name spells it, in lower case and with hyphens, empty where the name tells none; marks: how
    many `MARKS` the name has.
    """

    path: Path
    video_id: str
    tag: str = ""
    marks: int = 0

    @property
    def language(self) -> str | None:
        """Return the language without region and script; None where the name tells none."""
        return language_of(self.tag) if self.tag else None

    @property
    def rank(self) -> tuple[int, int]:
        """Return a rank, lower for a file that more likely holds the whole speech: fewer marks, then fewer subtags."""
        return self.marks, self.tag.count("-")


def by_name(video_ids: Sequence[str]) -> dict[str, str]:
    """Return the video ids by their composed form (NFC), because file systems store accents in different ways."""
    return {unicodedata.normalize("NFC", video_id): video_id for video_id in video_ids}


def owned(path: Path, videos: Mapping[str, str], folder: str = "") -> SubtitleFile | None:
    """Return the file with its video and language, or None where no video has its name.

    videos: see `by_name`; folder: what a video's id says before the name of its file.
    """
    stem = unicodedata.normalize("NFC", f"{folder}{path.stem}")
    parts: list[str] = []
    while stem not in videos:
        stem, dot, part = stem.rpartition(".")
        if not dot or (part.lower() not in MARKS and language_of(part) is None):
            return None
        parts.insert(0, part.lower().replace("_", "-"))
    tags = [part for at, part in enumerate(parts) if part not in MARKS or (part == "hi" and at == 0)]
    return SubtitleFile(path, videos[stem], "-".join(tags), len(parts) - len(tags)) if len(tags) < 2 else None


def check_language(wanted: str) -> None:
    """Raise PipelineError where `wanted` is neither `auto` nor a language."""
    if wanted != AUTO and language_of(wanted) is None:
        raise PipelineError(
            f"`prepare.subtitle_language` is {wanted!r}, which is no language code",
            where="params.yaml",
            fix="set it to auto, or to a code as in the files' names: en, de, pt-BR",
        )


def chosen(files: Sequence[SubtitleFile], wanted: str) -> SubtitleFile:
    """Return the file of one video that is read; raises BadRecord where several could be meant, or none is wanted.

    auto: the file whose name tells no language, else the only language there is. A code: the file of that language,
    else the one whose name tells none. Of several files in one language, the one whose name says least besides.
    """
    plain = [file for file in files if not file.tag]
    if wanted == AUTO:
        candidates = plain or list(files)
    else:
        candidates = [file for file in files if _is_wanted(file, wanted)] or plain
    if not candidates:
        raise BadRecord(f"no subtitles in {wanted!r} (prepare.subtitle_language); there are {_named(files)}")
    if len({file.language for file in candidates}) > 1:
        raise BadRecord(f"subtitles in {_named(candidates)}: name one of them as prepare.subtitle_language")
    first = min(file.rank for file in candidates)
    best = [file for file in candidates if file.rank == first]
    if len(best) > 1:
        choice = "" if len({file.tag for file in best}) == 1 else ", or name one as prepare.subtitle_language"
        raise BadRecord(f"{len(best)} subtitle files for one video and language: keep one{choice}")
    return best[0]


def _is_wanted(file: SubtitleFile, wanted: str) -> bool:
    wanted = wanted.lower().replace("_", "-")
    return file.tag == wanted if "-" in wanted else file.language == language_of(wanted)


def _named(files: Sequence[SubtitleFile]) -> str:
    return ", ".join(sorted({file.tag or "one without a language" for file in files}))
