"""Makes a feature pack unlike that of Charades: real sentences about invented videos of four scenes each.

    python -m experiments.joined FOLDER --sentences activitynet/train.json --vectors vectors.npz

A scene is a video of ActivityNet Captions, of which only the sentences are used. An invented video joins four scenes of
10 to 20 seconds each, with a feature row a second. A row is the sum of three parts: a fixed random map of what the
scene's sentences say; a random vector for what no sentence says, partly of the scene and partly of the video; and noise
that is new in each second. A query is about one scene, a quarter of its video, and a scene has two queries. `--noise`
is the length of what no sentence says, in relation to what the sentences say.
Test: tests/experiments/test_joined.py.
"""

import argparse
import json
import re
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np

from pipeline.core.cli import run
from pipeline.core.files import read_json

SCENES, QUERIES, SECONDS, VIDEO_SIZE, SOURCES = 4, 2, (10, 20), 512, 96
SPLITS = {"train": 0.6, "val": 0.7, "test": 1.0}  # where each ends, as a share of the videos
COMMON = 3.0  # length of what all rows share, against that of what a scene's sentences say
RARE = 1e-3  # frequency of the words that count half as much as the rarest


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.joined", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the pack is written; must not exist")
    parser.add_argument("--sentences", type=Path, required=True, help="train.json of ActivityNet Captions")
    parser.add_argument("--vectors", type=Path, required=True, help=".npz: words V, frequent ones first, vectors E")
    parser.add_argument("--videos", type=int, default=700, help="how many videos (default: %(default)s)")
    parser.add_argument(
        "--noise", type=float, default=2.2, help="length of what no sentence says (default: %(default)s)"
    )
    options = parser.parse_args()
    scenes = [video["sentences"] for video in read_json(options.sentences).values()]
    write_pack(options.folder / "joined", scenes, options.vectors, options.videos, options.noise)


def write_pack(root: Path, scenes: list[list[str]], vectors: Path, count: int, noise: float) -> None:
    """Write a pack of `count` videos, each of SCENES scenes of its own, into the folder `root`.

    scenes: the sentences of each scene. vectors: the file of word vectors. The bytes are the same each time.
    """
    (root / "FeatureData").mkdir(parents=True)
    (root / "TextData").mkdir()
    draw = np.random.default_rng(0)
    words = Words(vectors)
    scenes = [[text for sentence in scene if words.known(text := " ".join(sentence.split()))] for scene in scenes]
    scenes = [scene for scene in scenes if len(scene) >= QUERIES]
    chosen = [scenes[number] for number in draw.permutation(len(scenes))[: SCENES * count]]
    said = np.stack([np.mean([words.meaning(text) for text in scene], axis=0) for scene in chosen])
    said = unit_length((said - said.mean(axis=0)) / said.std(axis=0))
    see = Sight(said.shape[1], noise, draw)
    lengths = draw.integers(SECONDS[0], SECONDS[1] + 1, (count, SCENES))
    bounds = [0, *(int(end * count) for end in SPLITS.values())]
    with (
        h5py.File(root / "FeatureData" / "scenes.hdf5", "w") as rows,
        h5py.File(root / "TextData" / "words_joined_query_feat.hdf5", "w") as tokens,
    ):
        for split, (start, end) in zip(SPLITS, pairwise(bounds), strict=True):
            captions, moments = [], []
            for video in range(start, end):
                name, own_scenes = f"joined{video:05}", slice(SCENES * video, SCENES * (video + 1))
                rows[name] = see.video(said[own_scenes], lengths[video])
                ends = lengths[video].cumsum().tolist()
                asked = [(text, scene) for scene, texts in enumerate(chosen[own_scenes]) for text in texts[:QUERIES]]
                for number, (text, scene) in enumerate(asked):
                    query = f"{name}#enc#{number}"
                    tokens[query] = words.tokens(text).astype(np.float16)
                    captions.append(f"{query} {text}\n")
                    span = [float(ends[scene] - lengths[video, scene]), float(ends[scene])]
                    moment = {"desc_id": query, "desc": text, "vid_name": name, "ts": span, "duration": float(ends[-1])}
                    moments.append(json.dumps(moment) + "\n")
            (root / "TextData" / f"joined{split}.caption.txt").write_text("".join(captions), encoding="utf-8")
            (root / "TextData" / f"joined{split}.moments.jsonl").write_text("".join(moments), encoding="utf-8")


class Words:
    """Looks words up in a file of word vectors; words that have no vector are left out."""

    def __init__(self, path: Path):
        with np.load(path, allow_pickle=False) as file:
            self._rank = {word: number for number, word in enumerate(file["V"].tolist())}
            self._vectors = unit_length(file["E"].astype(np.float32))

    def known(self, text: str) -> bool:
        """Whether any word of the text has a vector."""
        return bool(self._ranks(text))

    def tokens(self, text: str) -> np.ndarray:
        """Return the vectors of the words of a text, (T, D) float32, a row a word."""
        return self._vectors[self._ranks(text)]

    def meaning(self, text: str) -> np.ndarray:
        """Average the words of a text (D,); frequent words count less (Arora et al., ICLR 2017), by Zipf's law."""
        frequency = 0.1 / (np.array(self._ranks(text)) + 1)
        return np.average(self.tokens(text), axis=0, weights=RARE / (RARE + frequency))

    def _ranks(self, text: str) -> list[int]:
        return [self._rank[word] for word in re.findall(r"[a-z]+", text.lower()) if word in self._rank]


class Sight:
    """Makes the feature rows of scenes, from what is said of them and from what is not, by fixed random maps."""

    def __init__(self, size: int, noise: float, draw: np.random.Generator):
        self._draw, self._noise = draw, noise
        self._said = draw.standard_normal((size, VIDEO_SIZE)).astype(np.float32)
        self._unsaid = draw.standard_normal((SOURCES, VIDEO_SIZE)).astype(np.float32) / SOURCES**0.5
        self._common = draw.standard_normal(VIDEO_SIZE).astype(np.float32)

    def video(self, said: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Make the rows of a video, (seconds, VIDEO_SIZE) float16, each of length 1.

        said: (scenes, D), what is said of each scene, of length 1; lengths: how many seconds each scene has.
        """
        unsaid = self._draw.standard_normal((1 + len(said), SOURCES)).astype(np.float32)
        scenes = np.tanh(said @ self._said) + self._noise * ((unsaid[:1] + unsaid[1:]) / 2**0.5) @ self._unsaid
        rows = COMMON * self._common + np.repeat(scenes, lengths, axis=0)
        seconds = self._draw.standard_normal((len(rows), SOURCES)).astype(np.float32) @ self._unsaid
        return unit_length(rows + self._noise * seconds).astype(np.float16)


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """Scale each row to length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


if __name__ == "__main__":
    run(main)
