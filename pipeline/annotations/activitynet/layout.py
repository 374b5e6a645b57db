"""Which files of ActivityNet Captions are read, and how they are recognised."""

from collections.abc import Mapping
from typing import Any

from pipeline.annotations.common.layout import Format, Layout


def _fits(document: Any) -> int:
    """A whole file: an object by video id, of which the first is looked at."""
    first = next(iter(document.values()), None) if isinstance(document, Mapping) else None
    return int(isinstance(first, Mapping) and {"timestamps", "sentences"} <= set(first))


LAYOUT = Layout(
    annotations=("train.json", "val.json", "val_1.json", "test.json", "val_2.json"),
    format=Format(
        called="ActivityNet Captions' (`timestamps`, `sentences` by video)",
        read_from="{train,val,test}.json",
        fits=_fits,
    ),
)
