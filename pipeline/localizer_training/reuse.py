"""Takes over the trained localizer that came with a reused model.

Test: tests/localizer_training/test_reuse.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.core.reused import LOCALIZER, Reused
from pipeline.feature_io.fitting import facts, refuse_differences
from pipeline.localizers.common import trained


def take_over(reused: Reused, config: Mapping[str, Any], out: Path) -> None:
    """Copy the localizer into `out`, and write that no training went with it.

    config: what this run would train one with: at least `localizer`, `features` and `provenance`. Raises PipelineError
    where that is not what the reused one was trained with, where the folder has no such localizer, and where its files
    are damaged.
    """
    folder = reused.folder / LOCALIZER
    there = read_json(folder / trained.CONFIG) if reused.has(LOCALIZER) else {"localizer": "no localizer"}
    refuse_differences(reused, *({"localizer": side["localizer"]} for side in (there, config)))
    refuse_differences(reused, facts(there, reused), facts(config, reused))
    try:
        trained.load(folder)
    except PipelineError as error:
        fix = "copy the whole folder anew from where the model was trained"
        raise PipelineError(error.cause, where=error.where, fix=fix) from None
    for name in (trained.WEIGHTS, trained.CONFIG):
        reused.copy(f"{LOCALIZER}/{name}", out / name)
    write_json(out / "training.json", {})
