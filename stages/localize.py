"""Stage `localize`: train the chosen localizer on top of the trained retriever, where it is one that is trained.

Of another localizer it writes only what was chosen, and files without content. With `train.reuse` the localizer came
with the model. Test: tests/localizer_training/test_stage.py.
"""

from pathlib import Path

from pipeline.core.cli import run
from pipeline.core.files import write_json
from pipeline.core.params import load
from pipeline.localizer_training import curves
from pipeline.localizers.common import untrained
from pipeline.localizers.common.recipe import LOCALIZERS, TrainedLocalizerRecipe
from pipeline.training.curves import Curves
from pipeline.training.params import TrainParams

OUT, CURVES = Path("outputs/localizer"), Path("outputs/localization")


def main() -> None:
    params, recipe = load("dataset", "model", "protocol", "localizer", TrainParams), LOCALIZERS.read_chosen()
    written = Curves(CURVES, curves.CURVES, curves.points)
    if isinstance(recipe, TrainedLocalizerRecipe):
        # Imported here, since it loads torch, which takes ten times as long as all that another localizer needs.
        from pipeline.localizer_training.run import train_or_take_over

        train_or_take_over(params, recipe, written, OUT)
    else:
        untrained.save(OUT, {"localizer": params.localizer, "recipe": recipe.model_dump()})
        write_json(OUT / "training.json", {})
    written.end()


if __name__ == "__main__":
    run(main)
