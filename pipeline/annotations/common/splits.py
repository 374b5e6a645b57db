"""Which video is in which split: as published where named, else drawn by video from a seed.

A draw ranks the videos by the hash of (seed, video id) and takes the first: a video added to or taken from a data set
moves at most one other across the border. Videos of equal content go together, so that no draw puts a copy of a
training video into another split. Test: tests/annotations/test_splits.py.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from pipeline.annotations.common.params import PrepareParams
from pipeline.core.files import sha256_text
from pipeline.core.manifest import SPLITS


def assign(
    named: Mapping[str, Collection[str]],
    described: Collection[str],
    contents: Mapping[str, str],
    protocol: str,
    prepare: PrepareParams,
) -> dict[str, tuple[str, ...]]:
    """The splits of every video of `named` (video id -> the splits it is named in), in the order of `SPLITS`.

    Where no video is named in any split, `test_fraction` of the videos is for testing. Where none is named in val and
    the protocol is honest, `val_fraction` is held out for validation: of the training videos, or of all where nothing
    is named. The test split is the same in both protocols. A video outside `described` (those with queries) that is
    named in no split teaches nothing: it goes where a video of equal content (`contents`: video id -> hash) is, else
    it joins the test corpus, to be told apart from the others.
    """
    splits = {video_id: set(names) for video_id, names in named.items()}
    nothing_named = not any(splits.values())
    learned = [video_id for video_id in splits if video_id in described]
    if nothing_named:
        test = draw(learned, contents, prepare.test_fraction, prepare.split_seed, of=len(learned))
        for video_id in learned:
            splits[video_id] = {"test" if video_id in test else "train"}
    train = [video_id for video_id, names in splits.items() if names == {"train"}]
    if protocol == "honest" and not any("val" in names for names in splits.values()):
        share_of = len(learned) if nothing_named else len(train)
        for video_id in draw(train, contents, prepare.val_fraction, prepare.split_seed, of=share_of):
            splits[video_id] = {"val"}
    placed = {contents[video_id]: names for video_id, names in sorted(splits.items(), reverse=True) if names}
    for video_id, names in splits.items():
        splits[video_id] = names or placed.get(contents[video_id], {"test"})
    return {video_id: tuple(s for s in SPLITS if s in names) for video_id, names in splits.items()}


def draw(video_ids: Collection[str], contents: Mapping[str, str], fraction: float, seed: int, of: int) -> set[str]:
    """`fraction` of `of` videos, out of `video_ids`: rounded, at least one unless it is 0, never all of them.

    More only where the last one drawn brings others of equal content.
    """
    if fraction == 0:
        return set()
    copies = defaultdict(set)
    for video_id in video_ids:
        copies[contents[video_id]].add(video_id)
    count = min(max(1, round(fraction * of)), len(video_ids) - 1)
    drawn: set[str] = set()
    for video_id in sorted(video_ids, key=lambda video_id: (sha256_text(f"{seed}/{video_id}"), video_id)):
        together = copies[contents[video_id]]
        if len(drawn) < count and len(drawn | together) < len(video_ids):
            drawn |= together
    return drawn
