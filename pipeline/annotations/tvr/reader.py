"""TVR (Lei et al., ECCV 2020): tvr_{train,val}_release.jsonl and tvqa_preprocessed_subtitles.jsonl.

The public test queries name no video, so val is for testing, as in the literature; they are counted, not used. Test:
tests/annotations/test_published.py.
"""

from pathlib import Path
from types import SimpleNamespace

from pipeline.annotations.common import subtitles
from pipeline.annotations.common.lines import jsonl_rows
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.rows import read_row

FILES = {"train": ("tvr_train_release.jsonl",), "test": ("tvr_val_release.jsonl",)}
WITHOUT_VIDEO = "tvr_test_public_release.jsonl"
SUBTITLES = "tvqa_preprocessed_subtitles.jsonl"


def read(source: Path, params: SimpleNamespace) -> Annotations:
    """Read the splits that are there; raises PipelineError where none is."""
    annotations = Annotations(source)
    for split, path in annotations.present(FILES):
        for where, row in jsonl_rows(annotations, path):
            with annotations.refusing("query", row.get("desc_id"), where):
                annotations.add(read_row(annotations, row, where, row.get("desc_id"), split))
    if (source / SUBTITLES).is_file():
        subtitles.read_jsonl(annotations, source / SUBTITLES, wanted=annotations.corpus.__contains__)
    if (source / WITHOUT_VIDEO).is_file():
        annotations.unused[WITHOUT_VIDEO] = sum(1 for _ in jsonl_rows(annotations, source / WITHOUT_VIDEO))
    return annotations
