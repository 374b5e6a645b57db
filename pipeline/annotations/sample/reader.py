"""The embedded sample: short videos of moving shapes whose captions and event times are exact by construction.

`read` renders the videos once into `data/rendered/<key>/`, laid out like a user's own folder, and reads it as one. The
scenes are drawn from `<source>/scenes.yaml`, and where spoken queries are asked for, what is said and not shown from
`<source>/spoken.yaml`; the key is the hash of everything that decides a byte of the result. Tests:
tests/annotations/test_sample.py, tests/annotations/test_sample_spoken.py.
"""

import os
import random
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipeline.annotations.common import own_videos
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.sample.params import FEWEST_EVENTS, SampleParams
from pipeline.annotations.sample.render import FPS, Scene, scene_frames, write_video
from pipeline.annotations.sample.spoken import SpokenFacts
from pipeline.core.abandoned import SUFFIX, prefix_of, remove_abandoned
from pipeline.core.files import canonical_json, read_yaml, sha256_text, write_jsonl
from pipeline.core.progress import watched
from pipeline.core.runtime import project_root

SECTIONS = (SampleParams,)  # of params.yaml, which `read` is given
REVISION = 1
"""Raise it when a change of the code changes the rendered bytes."""

EVENTS = (FEWEST_EVENTS, 4)
EVENT_SECONDS = (3.0, 3.75)
SUBTITLED_SHARE = 0.5


@dataclass(frozen=True)
class Event:
    """What happens between start and end (seconds), in words and as pixels."""

    start: float
    end: float
    words: dict[str, str]
    scene: Scene


def read(source: Path, params: SimpleNamespace) -> Annotations:
    """Render the sample unless it is there already, and read it as the `folder` data set."""
    return own_videos.read(render(source, params.sample, project_root() / "data" / "rendered"), params)


def render(source: Path, sample: SampleParams, target: Path) -> Path:
    """Render all splits into `target/<key>` (whole or not at all) and return that folder.

    Raises PipelineError where `source` holds no readable scenes.yaml, or no spoken.yaml where spoken queries are asked
    for.
    """
    vocabulary = read_yaml(source / "scenes.yaml", absent="set `source: data/sample`, or choose another `dataset`")
    decides = {"scenes": vocabulary, "sample": sample.model_dump(exclude={"spoken_queries"}), "revision": REVISION}
    spoken = {}
    if sample.spoken_queries:
        spoken = read_yaml(source / "spoken.yaml", absent="restore it from git, or set `sample.spoken_queries: 0`")
        decides |= {"spoken": spoken, "spoken_queries": sample.spoken_queries}
    key = sha256_text(canonical_json(decides))[:16]
    folder_path = target / key
    if folder_path.is_dir():
        return folder_path
    target.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder_path)
    temporary = Path(tempfile.mkdtemp(dir=target, prefix=prefix_of(folder_path), suffix=SUFFIX))
    try:
        _render_into(temporary, vocabulary, spoken, sample)
        temporary.chmod(0o755)
        try:
            os.rename(temporary, folder_path)
        except OSError:
            if not folder_path.is_dir():  # else another run was faster, with the same bytes
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder_path


def _render_into(target: Path, vocabulary: dict[str, Any], spoken: dict[str, Any], sample: SampleParams) -> None:
    (target / "videos").mkdir()
    queries, tracks = [], []
    counts = {"train": sample.train_videos, "val": sample.val_videos, "test": sample.test_videos}
    facts = {split: SpokenFacts(spoken, sample, split) for split in counts}
    videos = [(split, number) for split, count in counts.items() for number in range(count)]
    for split, number in watched(videos, "rendering the sample", "video"):
        name = f"{split}_{number:03d}"
        draw = random.Random(f"{sample.seed}/{name}")
        events = _events(draw, vocabulary)
        write_video(target / "videos" / f"{name}.mp4", (f for event in events for f in scene_frames(event.scene)))
        asked = [(_sentence(draw.choice(vocabulary["captions"]), event.words), event, "v") for event in events]
        if draw.random() < SUBTITLED_SHARE:
            subtitles = [_subtitle(draw, vocabulary, event) for event in events]
            for fact in facts[split].of_video(len(events)):
                subtitles[fact.event]["text"] = fact.sentence
                asked.append((fact.query, events[fact.event], "t"))
            tracks.append({"vid_name": name, "sub": subtitles})
        for text, event, kind in asked:
            queries.append(
                {
                    "vid_name": name,
                    "desc": text,
                    "ts": [event.start, event.end],
                    "duration": events[-1].end,
                    "split": split,
                    **({"type": kind} if sample.spoken_queries else {}),
                }
            )
    write_jsonl(target / "queries.jsonl", queries)
    write_jsonl(target / "subtitles.jsonl", tracks)


def _events(draw: random.Random, vocabulary: dict[str, Any]) -> list[Event]:
    """A row of events without a pause; within a video no colour and no background comes twice."""
    count = draw.choice(EVENTS)
    colours = draw.sample(sorted(vocabulary["colours"]), count)
    backgrounds = draw.sample(sorted(vocabulary["backgrounds"]), count)
    events, first_frame = [], 0
    for colour, background in zip(colours, backgrounds, strict=True):
        frames = round(draw.uniform(*EVENT_SECONDS) * FPS)
        shape, motion = draw.choice(vocabulary["shapes"]), draw.choice(sorted(vocabulary["motions"]))
        look = vocabulary["backgrounds"][background]
        first_colour, second_colour = look["colours"]
        scene = Scene(
            shape=shape,
            colour=tuple(vocabulary["colours"][colour]),
            direction=tuple(vocabulary["motions"][motion]),
            pattern=look["pattern"],
            background=(tuple(first_colour), tuple(second_colour)),
            frames=frames,
        )
        words = {"colour": colour, "shape": shape, "motion": motion, "background": background}
        last_frame = first_frame + frames
        events.append(Event(_seconds(first_frame), _seconds(last_frame), words, scene))
        first_frame = last_frame
    return events


def _seconds(frame: int) -> float:
    """When a frame begins, in whole milliseconds, rounded down so that no span ends after its video."""
    return frame * 1000 // FPS / 1000


def _subtitle(draw: random.Random, vocabulary: dict[str, Any], event: Event) -> dict[str, Any]:
    quarter = (event.end - event.start) / 4
    text = _sentence(draw.choice(vocabulary["subtitles"]), event.words)
    return {"text": text, "start": round(event.start + quarter, 3), "end": round(event.end - quarter, 3)}


def _sentence(template: str, words: dict[str, str]) -> str:
    sentence = template.format(**words)
    return sentence[0].upper() + sentence[1:]
