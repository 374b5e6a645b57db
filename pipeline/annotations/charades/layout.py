"""Which files of Charades-STA are read, and how their lines are recognised."""

import re
from typing import Any

from pipeline.annotations.common.layout import Format, Layout

LINE = re.compile(r"\S+ [\d.]+ [\d.]+##")


def _fits(line: Any) -> int:
    return int(isinstance(line, str) and LINE.match(line) is not None)


LAYOUT = Layout(
    annotations=("charades_sta_train.txt", "charades_sta_test.txt", "Charades_v1_*.csv"),
    format=Format(
        called="Charades-STA's (`video start end##sentence`)",
        read_from="charades_sta_{train,test}.txt",
        fits=_fits,
    ),
)
