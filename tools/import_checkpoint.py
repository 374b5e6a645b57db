"""The sub-command `amdnet import-checkpoint`, which takes over weights of the authors.

Test: tests/tools/test_import_checkpoint.py.
"""

from pathlib import Path
from typing import Annotated

import typer

MODEL = Path("outputs/model")


def import_checkpoint(checkpoint: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]) -> None:
    """Put weights of the authors' code in the place of a trained model's.

    FILE is a .safetensors or torch file that holds a state dict, at its top level or below a key such as `model` or
    `state_dict`. Its weights replace those in outputs/model. A model must have been trained there before, one epoch is
    enough: its configuration says of which sizes and features the model is. Afterwards, `dvc commit --force train` and
    `dvc repro` evaluate the new weights.
    """
    from tools.authors.checkpoint import replace_weights

    replace_weights(checkpoint, MODEL)
    typer.echo(f"{MODEL} has the weights of {checkpoint} now. To evaluate them: dvc commit --force train && dvc repro")
