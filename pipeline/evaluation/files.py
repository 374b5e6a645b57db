"""Writes what evaluation finds out about a split; a split without queries gets empty files.

Test: tests/evaluation/test_stage.py.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.core.files import write_json, write_jsonl
from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.split import SplitResult
from pipeline.evaluation.submission import write_submission


def write_split(
    folder: Path, split: str, corpus: Corpus, result: SplitResult, curves: Iterable[dict[str, Any]]
) -> None:
    """Write the rankings, the moments, the submission and the curves of a split, see `curve_rows`."""
    write_jsonl(folder / f"rankings_{split}.jsonl", result.rankings)
    write_jsonl(folder / f"moments_{split}.jsonl", result.moments)
    write_jsonl(folder / f"boundaries_{split}.jsonl", curves)
    path = folder / f"submission_{split}.json"
    write_submission(path, corpus.video_ids, corpus.query_ids, corpus.texts, result.lists)


def write_empty(folder: Path, splits: Iterable[str]) -> None:
    """Write the same files for splits without queries."""
    for split in splits:
        for kind in ("rankings", "moments", "boundaries"):
            write_jsonl(folder / f"{kind}_{split}.jsonl", [])
        write_submission(folder / f"submission_{split}.json", [], [], [], {})


def write_numbers(folder: Path, **numbers: Any) -> None:
    """Write the files that are of no single split, each under its name: `details` becomes details.json."""
    for name, value in numbers.items():
        write_json(folder / f"{name}.json", value)
