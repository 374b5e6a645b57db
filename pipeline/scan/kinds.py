"""What a file below `source` is to a data set, by its name alone. Test: tests/scan/test_kinds.py."""

from fnmatch import fnmatchcase
from pathlib import PurePath

from pipeline.annotations.common.listed import ANNOTATION, OTHER, PACK, SUBTITLE, VIDEO
from pipeline.annotations.common.subtitles import SUFFIXES as SUBTITLES
from pipeline.annotations.common.videos import is_video
from pipeline.packs.collection import PARTS as PACK_FOLDERS

ANNOTATIONS = {
    "sample": ("scenes.yaml",),
    "folder": (
        *("queries.jsonl", "queries.csv", "train.jsonl", "val.jsonl", "test.jsonl"),
        *("splits.json", "subtitles.jsonl"),
    ),
    "tvr": (
        *("tvr_train_release.jsonl", "tvr_val_release.jsonl", "tvr_test_public_release.jsonl"),
        "tvqa_preprocessed_subtitles.jsonl",
    ),
    "activitynet": ("train.json", "val.json", "val_1.json", "test.json", "val_2.json"),
    "charades": ("charades_sta_train.txt", "charades_sta_test.txt", "Charades_v1_*.csv"),
    "didemo": ("train_data.json", "val_data.json", "test_data.json"),
    "qvhighlights": (
        *("highlight_train_release.jsonl", "highlight_val_release.jsonl"),
        *("highlight_test_with_gt.jsonl", "highlight_test_release.jsonl"),
    ),
    "pack": (),
}
"""By data set, the files that its reader in `pipeline.annotations` looks for directly below `source`."""


def kind_of(path: PurePath, dataset: str, videos: PurePath) -> str:
    """The kind of a file, see pipeline/annotations/common/listed.py; path: below `source`; videos: their folder."""
    if dataset == "pack":
        return PACK if set(path.parts[:-1]) & set(PACK_FOLDERS) else OTHER
    if len(path.parts) == 1 and any(fnmatchcase(path.name, name) for name in ANNOTATIONS[dataset]):
        return ANNOTATION
    if dataset == "sample":
        return OTHER
    if dataset == "folder" and path.suffix.lower() in SUBTITLES:
        return SUBTITLE
    if path.is_relative_to(videos) and (is_video(path) or (dataset != "folder" and _without_extension(path.name))):
        return VIDEO
    return OTHER


def _without_extension(name: str) -> bool:
    """Some videos of DiDeMo have none, or a bare dot; what follows the last dot of an id starts with a digit."""
    extension = name.rpartition(".")[2] if "." in name else ""
    return not extension or extension[0].isdigit()
