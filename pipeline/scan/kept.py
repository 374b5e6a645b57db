"""A list that stays although its videos are gone: a clone that has the outputs but not the data goes on from them.

Test: tests/scan/test_stage.py.
"""

import sys
from pathlib import Path

from pipeline.annotations.common.formats import files_of_others
from pipeline.annotations.common.layout import layout_of
from pipeline.annotations.common.listed import OTHER, ListedFile
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json
from pipeline.scan.listing import LIST, read_list, read_of
from pipeline.scan.source import FIX, exists, fix_for_missing

MADE_FOR = Path("outputs/scan/source.json")


def lacks_data(files: list[ListedFile], dataset: str) -> bool:
    """Whether there is none of what the data set cannot do without."""
    return not any(file.kind == layout_of(dataset).needs for file in files)


def keep(source: Path, files: list[ListedFile], made_for: dict[str, str]) -> None:
    """Leave the list as it is, and say so.

    files: what there is. Raises PipelineError where the list was made for another `source` or data set, or where
    something else than the videos is not as in the list.
    """
    needed, missing = layout_of(made_for["dataset"]).needs, not exists(source)
    listed = read_list(LIST) if LIST.is_file() and MADE_FOR.is_file() and read_json(MADE_FOR) == made_for else []
    others = [file for file in read_of(listed) if file.kind != needed]
    if not listed or not (missing or (others and others == read_of(files))):
        cause = "no such folder (`source` names it)" if missing else _cause(files, made_for["dataset"])
        fix = (
            files_of_others(source)
            or f"{fix_for_missing(source) if missing else FIX}, or fetch finished outputs with `dvc pull`"
        )
        raise PipelineError(cause, where=_place(source), fix=fix)
    print(
        f"\nNOTE: {f'{source} does not exist' if missing else f'no {needed} file is in {source}'}. The list of its "
        f"{len(listed)} files in {LIST} stays as it is, and what was made from them counts as up to date. A stage that "
        "reads the files themselves will fail.\n",
        file=sys.stderr,
    )


def _cause(files: list[ListedFile], dataset: str) -> str:
    unread = ", ".join([file.path for file in files if file.kind == OTHER][:3])
    needed = layout_of(dataset).needs
    return f"no {needed} file that `dataset: {dataset}` reads is here" + (unread and f", only {unread}")


def _place(source: Path) -> Path:
    """The link that leads nowhere, where the videos would lie behind one."""
    videos = source / "videos"
    return videos if videos.is_symlink() and not videos.exists() else source
