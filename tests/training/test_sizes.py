"""The sizes that a model is built for: what the files hold, and what they say where they hold nothing."""

from pathlib import Path

import numpy as np
from helpers.recipes import recipe_of

from pipeline.corpus.params import FeaturesParams
from pipeline.feature_io.hdf5 import ROW_SIZE, Item, write_features
from pipeline.training.sizes import sizes_of

FEATURES = FeaturesParams(streams=["slowfast", "resnet"], normalize="stream")


def test_sizes_are_those_of_the_rows_and_of_no_queries_what_the_file_says(tmp_path):
    def write(name: str, size: int | None, said: int | None = None) -> None:
        items = [] if size is None else [Item("v", np.zeros((2, size)), {})]
        write_features(tmp_path / f"{name}.h5", items, {}, {} if said is None else {ROW_SIZE: said})

    def found() -> dict[str, int | None]:
        return sizes_of(Path(tmp_path), FEATURES, recipe_of("amdnet"))

    write("slowfast", 6)
    write("resnet", 4)
    write("query", 5)
    assert found() == {"video_size": 10, "subtitle_size": 0, "query_size": 5}
    write("query", None, said=7)
    assert found()["query_size"] == 7
    write("query", None)
    write("resnet", None)
    assert found() == {"video_size": None, "subtitle_size": 0, "query_size": None}
